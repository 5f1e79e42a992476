import { expect, test } from "bun:test";
import { fc } from "../../rig/fast-check.ts";
import { asTask } from "./rows.ts";

/** Words and signs of shell lines, with all that YAML gives a meaning to. */
const WORDS = [
  "echo",
  "a",
  "-f",
  "--x",
  "*",
  "*.py",
  "?",
  "!",
  "&",
  "&&",
  "||",
  "|",
  ">",
  ">>",
  "2>&1",
  "&>",
  "<",
  "<<<",
  "[",
  "]",
  "[[",
  "]]",
  "{",
  "}",
  "(",
  ")",
  ";",
  "@",
  "%",
  "`",
  "`date`",
  "$(date)",
  '"',
  "'",
  '"a b"',
  "'c d'",
  "\\",
  "a:",
  "b: c",
  ":",
  "x=1",
  "~",
  "null",
  "true",
  "5",
  "1.0",
  "0x1F",
  "-",
  "---x",
  "=",
  ",",
  "$HOME",
  "é",
  "!!x",
  "*a",
  "&b",
  "<<",
  "?x",
  "-x:",
  "'it'",
];

const line = fc
  .array(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(" ", " ", " ", "", "  ")), {
    minLength: 1,
    maxLength: 7,
  })
  .map((parts) => parts.flat().join("").trim());

/** What a file runs; or the first line that it is told to be, and what this one runs. */
function readBack(text: string): { body: string | null; corrected: string | undefined } {
  const made = asTask(text);
  const [draft] = made.ok ? made.value : [];
  const mode = draft?.spec.kind.mode;
  return {
    body: mode?.type === "script" ? mode.body : null,
    corrected: made.ok ? undefined : made.error[0]?.corrected,
  };
}

/** What can be meant as YAML: a text in quotes, an anchor with a name, a block of text, and a list. */
const OF_YAML = /^(?:["']|&\w|[|>] |\[(?![ []))|^\[ .*\S\]$/;

test("a line for the shell is read as it stands, or refused", () => {
  fc.assert(
    fc.property(line, (typed) => {
      fc.pre(!OF_YAML.test(typed));
      const { body, corrected } = readBack(`run: ${typed}\n`);
      if (body !== null) expect([typed, body]).toEqual([typed, typed]);
      else if (corrected?.startsWith("run: ") === true)
        expect([typed, corrected, readBack(`${corrected}\n`).body]).toEqual([typed, corrected, typed]);
    }),
    { numRuns: 3_000 },
  );
});
