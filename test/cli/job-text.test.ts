import { expect, test } from "bun:test";
import { JobText } from "../../src/cli/job-text.ts";

const ESC = "\u001b";

/** What a terminal gets of some output, in pieces of so many bytes. */
function shown(output: string, pieceBytes: number): string {
  const bytes = Buffer.from(output);
  const text = new JobText();
  let result = "";
  for (let at = 0; at < bytes.length; at += pieceBytes)
    result += text.next(bytes.subarray(at, at + pieceBytes));
  return result;
}

test.each([
  ["colours", `${ESC}[1;31mré${ESC}[38:5:1m${ESC}[m\n`, `${ESC}[1;31mré${ESC}[38:5:1m${ESC}[m\n`],
  ["a progress bar", `\r${ESC}[K 10%\r${ESC}[2K 20%\b\n`, `\r${ESC}[K 10%\r${ESC}[2K 20%\b\n`],
  ["the title of the window", `a${ESC}]0;x\u0007b${ESC}]2;y${ESC}\\c\n`, "abc\n"],
  ["the clipboard, not ended", `a${ESC}]52;c;cm0=\nb\n`, "a\nb\n"],
  ["a link", `${ESC}]8;;http://x${ESC}\\text${ESC}]8;;${ESC}\\\n`, "text\n"],
  ["questions to the terminal", `${ESC}[6n${ESC}[c${ESC}P$q"p${ESC}\\${ESC}Z.\n`, ".\n"],
  ["the cursor and the other screen", `${ESC}[5A${ESC}[H${ESC}[2J${ESC}[?1049h${ESC}c.\n`, ".\n"],
  ["control characters", "\u0007\u009b31m\u009d0;x\u007f.\n", "31m0;x.\n"],
  ["a lone escape", `${ESC}${ESC}[31m${ESC}\n.`, `${ESC}[31m\n.`],
] as const)(
  "a job's text with %s is printed the same, in whatever pieces it arrives",
  (_, output, expected) => {
    for (const pieceBytes of [1, 2, 3, 1_000]) expect(shown(output, pieceBytes)).toBe(expected);
  },
);

test("a control sequence that never ends is not buffered without a limit", () => {
  const text = new JobText();
  text.next(Buffer.from(`${ESC}]0;`));
  for (let piece = 0; piece < 10; piece += 1) text.next(Buffer.from("x".repeat(1_000)));
  expect(text.next(Buffer.from("end\n"))).toBe("end\n");
});
