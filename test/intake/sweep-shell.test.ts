import { expect, test } from "bun:test";
import type { Draft } from "../../src/model/submission.ts";
import { fc } from "../rig/fast-check.ts";
import { draftsIn, faultsIn } from "./rig.ts";

/** Values as they may come out of any table. */
const value = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        "'",
        '"',
        "$",
        "`",
        "\\",
        ";",
        "\n",
        " ",
        "*",
        "a",
        "!",
        "#",
        "(",
        ")",
        "&",
        "{",
        "~",
        "=",
        "-",
      ),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .map((signs) => signs.join("")),
  fc.constantFrom("$(touch pwned)", "`id`", "a b", "it's", 'say "hi"', "${HOME}", "\\", 'it\'s "$HOME"'),
);

/** Words of a shell line, and what a program must be given for them. */
const WORDS: readonly (readonly [word: string, given: (x: string) => string])[] = [
  ["${{ matrix.x }}", (x) => x],
  ["_${{ matrix.x }}_", (x) => `_${x}_`],
  ['"|${{ matrix.x }}|"', (x) => `|${x}|`],
  ["'|${{ matrix.x }}|'", (x) => `|${x}|`],
  ['"${HOME}|${{ matrix.x }}|"', (x) => `/h|${x}|`],
  // A command substitution takes line ends at the end away, so something follows the value.
  ['"$(printf "%s" "|${{ matrix.x }}|")"', (x) => `|${x}|`],
  ['"$(printf "%s" _${{ matrix.x }}_)"', (x) => `_${x}_`],
  ["\"it's _\"${{ matrix.x }}'_'", (x) => `it's _${x}_`],
];

function scriptOf({ spec }: Draft): string {
  return spec.kind.mode.type === "script" ? spec.kind.mode.body : "";
}

test("a value stays one word for a real shell, in every kind of quotes", () => {
  fc.assert(
    fc.property(fc.uniqueArray(value, { minLength: 8, maxLength: 12 }), (values) => {
      const line = `printf '%s\\0' ${WORDS.map(([word]) => word).join(" ")}`;
      const drafts = draftsIn(JSON.stringify({ run: line, matrix: { x: values } }));
      for (const [index, draft] of drafts.entries()) {
        const name = index % 2 === 0 ? "sh" : "bash";
        const shell = Bun.spawnSync([name, "-c", scriptOf(draft)], { env: { HOME: "/h" } });
        const x = values[index] ?? "";
        expect(shell.stderr.toString()).toBe("");
        expect(shell.stdout.toString().split("\0")).toEqual([...WORDS.map(([, given]) => given(x)), ""]);
      }
    }),
    { numRuns: 25 },
  );
});

test.each([
  "echo `date` ${{ matrix.x }}",
  "cat <<END\n${{ matrix.x }}\nEND",
  "echo $(( ${{ matrix.x }} + 1 ))",
  "(( ${{ matrix.x }} ))",
  "sh -c 'echo ${{ matrix.x }}'",
  'ssh host "echo ${{ matrix.x }}"',
  "eval echo ${{ matrix.x }}",
  'echo "${A:-${{ matrix.x }}}"',
  "echo \\${{ matrix.x }}",
  "true # ${{ matrix.x }}",
  "echo 'open ${{ matrix.x }}",
  "echo $'${{ matrix.x }}'",
  'echo "$(case a in a) echo ${{ matrix.x }};; esac)"',
])("a placeholder is refused where the shell's reading is unclear: %j", (line) => {
  const faults = faultsIn(JSON.stringify({ run: line, matrix: { x: ["a b"] } }));
  expect(faults).toEqual([expect.stringContaining('the value "a b" cannot be written here')]);
  // A plain word is the same in every reading.
  expect(faultsIn(JSON.stringify({ run: line, matrix: { x: ["a.b"] } }))).toEqual([]);
});

test("a placeholder is refused in code of other languages, and stays one argument in args", () => {
  const python = { runtime: "python", script: "print(${{ matrix.x }})", matrix: { x: ["exit()"] } };
  for (const { script, ...others } of [
    python,
    { ...python, runtime: null, script: `#!/usr/bin/python3\n${python.script}` },
  ])
    for (const key of ["script", "run"])
      expect(faultsIn(JSON.stringify({ ...others, [key]: script }))).toEqual([
        expect.stringContaining("would be read as code"),
      ]);
  const [draft] = draftsIn(
    JSON.stringify({ command: "a", args: 'b "${{ matrix.x }}"', matrix: { x: ['c "d'] } }),
  );
  expect(draft?.spec.kind.mode).toMatchObject({ args: ["b", 'c "d'] });
});
