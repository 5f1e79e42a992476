import { describe, expect, test } from "bun:test";
import { lineStream } from "../../../src/cli/logs/lines.ts";
import { shownLog } from "../../../src/cli/logs/shown-log.ts";
import { maskFor } from "../../../src/run/mask.ts";
import { fc } from "../../rig/fast-check.ts";

const ESC = "\u001b";

/** What is shown of output that comes in these pieces. */
function collapsed(...pieces: readonly string[]): string {
  const shown: string[] = [];
  const { write, end } = lineStream({ collapses: true }, (text) => shown.push(text));
  for (const piece of pieces) write(Buffer.from(piece, "latin1"));
  end();
  return shown.join("");
}

describe("of a line that is drawn again and again", () => {
  test.each([
    ["a bar of tqdm", "start\n\r 0%|  |\r50%|█ |\r100%|██|\ndone\n", "start\n100%|██|\ndone\n"],
    ["states that end with \\r", "1/3\r2/3\r3/3\r\ndone", "3/3\ndone"],
    ["lines of Windows", "a\r\nb\r\n", "a\nb\n"],
    ["a removed bar before a line", "50%\r   \rsaved\n", "saved\n"],
    ["a job that ended in the middle", "\r 1%\r 2%", " 2%"],
    ["no state at all", "\r\r\n\n\r", "\n\n"],
    [
      "nested bars",
      `outer 0%\n\rin 1%${ESC}[A\n\rin 2%${ESC}[A\router 50%\n\rin 1%${ESC}[A\n\rin 9%${ESC}[A\n\n`,
      "outer 0%\nouter 50%\nin 9%\n",
    ],
  ])("the last state is shown: %s", (_, output, expected) => {
    const bytes = Buffer.from(output).toString("latin1");
    expect(Buffer.from(collapsed(bytes), "latin1").toString()).toBe(expected);
  });

  test("the last state is shown, wherever the pieces of the output are cut", () => {
    const part = fc.constantFrom("a", "é", "\r", "\n", `${ESC}[A`, "\r\n", "a state ");
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(40)), (parts, cuts) => {
        const output = parts.join("");
        const at = [0, ...cuts.filter((cut) => cut < output.length).toSorted((a, b) => a - b), output.length];
        const pieces = at.slice(1).map((end, index) => output.slice(at[index], end));
        expect(collapsed(...pieces)).toBe(collapsed(output));
        expect(collapsed(...pieces)).not.toContain("\r");
      }),
    );
  });

  test("a line without an end is shown where nothing more comes for now, but not a state of one that is drawn again", () => {
    const shown: string[] = [];
    const { write, idle, end } = lineStream({ collapses: true }, (text) => shown.push(text));
    for (const piece of ["a\nGo on? ", "yes\n1%", "\r2%", "\r", "3%\nb", "\rc\n"]) {
      write(Buffer.from(piece));
      idle();
    }
    end();
    expect(shown).toEqual(["a\n", "Go on? ", "yes\n", "1%", "\n", "3%\n", "b", "\nc\n"]);
  });

  test("a line without an end is passed on as it comes, and so is memory bounded", () => {
    const long = "x".repeat(100_000);
    const shown: string[] = [];
    const { write, end } = lineStream({ collapses: true }, (text) => shown.push(text));
    for (let count = 0; count < 3; count += 1) write(Buffer.from(long));
    expect(shown.join("")).toHaveLength(300_000);
    write(Buffer.from("y\rz\rlast\nnext\n"));
    end();
    expect(shown.join("").slice(300_000)).toBe("y\nlast\nnext\n");
  });
});

test.each<[string, Parameters<typeof shownLog>[1], string]>([
  ["lines with a text", { collapses: true, grep: "loss" }, "a loss 1\nloss nan\n"],
  ["a pattern", { collapses: true, grep: "loss*n" }, "loss nan\n"],
  ["a text across colours", { collapses: false, grep: "red loss" }, ""],
  ["the last of them", { collapses: true, grep: "loss", tail: 1 }, "loss nan\n"],
  ["a prefix", { collapses: true, tail: 2, prefix: "é | " }, "é | other\né | loss nan\n"],
])("the view of a log: %s", (_, view, expected) => {
  let shown = "";
  const output = shownLog(maskFor([]), view, (bytes) => {
    shown += Buffer.from(bytes).toString();
  });
  for (const piece of ["x loss 0\ra l", "oss 1\nother\nloss", " nan\n"]) output.write(Buffer.from(piece));
  output.caughtUp();
  output.end();
  expect(shown).toBe(expected);
});

test("a text is found under colours, and what comes after the last lines is shown at once", () => {
  const shown: string[] = [];
  const view = { collapses: true, grep: "val loss", tail: 0, prefix: `${ESC}[36ma | ${ESC}[0m` };
  const output = shownLog(maskFor(["hunter2hunter2"]), view, (bytes) => shown.push(String(bytes)));
  output.write(Buffer.from("val loss 1\n"));
  output.caughtUp();
  output.write(Buffer.from(`val ${ESC}[31mloss 2 hunter2hun`));
  output.write(Buffer.from("ter2\ntrain loss\n"));
  expect(shown).toEqual([`${ESC}[36ma | ${ESC}[0mval ${ESC}[31mloss 2 ***${ESC}[0m\n`]);
});
