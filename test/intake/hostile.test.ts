import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { renderDiagnostic } from "../../src/intake/diagnostic.ts";
import { readSubmission } from "../../src/intake/submission.ts";
import { CONTEXT, draftIn, faultsIn } from "./rig.ts";

const NO_TASK = "1:1 the file holds no task, wanted at least one mapping";

/** Anchors of ten that each repeat the one before: 10^8 values in 400 bytes. */
const BOMB = [
  "l0: &l0 [x, x, x, x, x, x, x, x, x, x]",
  ...Array.from(
    { length: 8 },
    (_, index) => `l${index + 1}: &l${index + 1} [${Array(10).fill(`*l${index}`).join(", ")}]`,
  ),
].join("\n");

describe("readSubmission() on what is no task", () => {
  test.each([
    ["", NO_TASK],
    ["\n\n  \n", NO_TASK],
    ["# only\n# words\n", NO_TASK],
    ["---\n---\n", NO_TASK],
    ["hello", '1:1 the document is "hello", wanted a mapping with the fields of a task'],
    ["null", "1:1 the document is empty, wanted a mapping with the fields of a task"],
    ["- run: a\n- run: b", "1:1 the document is a list, wanted a mapping with the fields of a task"],
    ["{}", "1:1 the task says nothing to run, wanted one of run, command or script"],
    ["run: a\nx\0y: b", "2:2 the file holds a NUL character, wanted a text file"],
    ["%FOO\n", "1:1 not valid YAML: unknown directive %FOO"],
  ])("%j", (text, fault) => {
    expect(faultsIn(text)).toEqual([fault]);
  });

  test("refuses more than 10 MiB, and takes a little less", () => {
    const script = (bytes: number): string => `run: a\n${"# 34567890\n".repeat(Math.floor(bytes / 11))}`;
    expect(faultsIn(script(10.1 * 2 ** 20))).toEqual(["1:1 the text is larger than 10 MiB (10590620 bytes)"]);
    expect(faultsIn(`run: a\nannotations:\n  a: |\n${"    0123456789\n".repeat(690_000)}`)).toEqual([]);
  });

  test("counts bytes, not characters", () => {
    expect(faultsIn(`run: ${"界".repeat(4 * 2 ** 20)}`)).toEqual([
      "1:1 the text is larger than 10 MiB (12582917 bytes)",
    ]);
  });
});

describe("readSubmission() on attacks", () => {
  test.each([
    ["an alias bomb", `${BOMB}\nrun: a`, "the aliases of this file repeat more than 10000 values"],
    [
      "a bomb over two documents",
      `${BOMB}\n---\nrun: a\nlabels: &a {b: c}\nannotations: *a`,
      "the aliases of this file repeat more than 10000 values",
    ],
    ["an alias to nothing", "run: *a", 'the alias "*a" leads nowhere: no "&a" stands before it'],
    [
      "an alias to itself",
      "run: a\nenv: &a {b: *a}",
      'the alias "*a" leads nowhere: it lies inside what it repeats',
    ],
    ["deep brackets", `run: a\nenv: ${"[".repeat(100_000)}`, "the document is nested too deeply"],
    [
      "deep brackets that close",
      `run: a\nenv: ${"[".repeat(40)}${"]".repeat(40)}`,
      "the document is nested too deeply, wanted at most 32 levels",
    ],
    ["deep dashes", "- ".repeat(100_000), "the document is nested too deeply"],
    ["a million items", `env: [${"x,".repeat(1_000_000)}]`, "the file has too many parts to be read at once"],
    ["five million lines", "\n".repeat(5_000_000), "the file has too many parts to be read at once"],
    ["a million documents", "...\n".repeat(1_000_000), "the file has too many parts to be read at once"],
    ["a set", "run: a\nenv: !!set {b}", "not valid YAML: unresolved tag: tag:yaml.org,2002:set"],
    ["a tag of one's own", "run: !env HOME", "not valid YAML: unresolved tag: !env"],
    ["keys that are lists", "run: a\n? [b]\n: c", "a key is not a single word, wanted `key: value`"],
  ])("%s", (_, text, message) => {
    const startMs = performance.now();
    expect(faultsIn(text)[0]).toEndWith(` ${message}`);
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  test("finds thousands of keys without comparing each with each", () => {
    const startMs = performance.now();
    const labels = Array.from({ length: 30_000 }, (_, index) => `  k${index}: v`).join("\n");
    expect(Object.keys(draftIn(`run: a\nlabels:\n${labels}`).labels)).toHaveLength(30_000);
    expect(performance.now() - startMs).toBeLessThan(8_000);
  });

  test("leaves aliases and merge keys to those who use them well", () => {
    const text = "run: a\nlabels: &l {a: b, c: d}\nannotations:\n  <<: *l\n  c: own";
    expect(draftIn(text)).toMatchObject({ labels: { a: "b", c: "d" }, annotations: { a: "b", c: "own" } });
    expect(faultsIn("run: a\nlabels: {<<: 5}")).toEqual(["2:14 `<<` wants an alias of a mapping"]);
  });
});

describe("readSubmission() on anything", () => {
  const WORDS = [
    "run",
    "command",
    "env",
    "retry",
    "spec",
    "metadata",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "[",
    "]",
    "{",
    "}",
    ",",
    '"',
    "'",
    "|",
    ">",
    "&a",
    "*a",
    "!!str",
    "<<",
    "? ",
    "#",
    "---\n",
    "...",
    "%",
    "\t",
    "5m",
    "1",
    "~",
    "null",
    "\\",
    "\r\n",
    "😀",
    "\uFEFF",
    "$",
    "=",
    ".",
  ];
  const soup = fc
    .array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 8, unit: "binary" })), {
      maxLength: 60,
    })
    .map((parts) => parts.join(""));

  test("ends in a draft or in faults with a place, soon", () => {
    fc.assert(
      fc.property(soup, (text) => {
        const startMs = performance.now();
        const read = readSubmission(text, CONTEXT);
        const lines = text.replace(/^\uFEFF/, "").split("\n");
        for (const one of read.ok ? [] : read.error) {
          expect(one.line).toBeWithin(1, lines.length + 1);
          expect(one.column).toBeWithin(1, (lines[one.line - 1]?.length ?? 0) + 2);
          expect(one.caret + one.width).toBeLessThanOrEqual(one.sourceLine.length + 1);
          expect(renderDiagnostic(one)).toStartWith("job.yaml:");
        }
        expect(read.ok ? read.value.length : read.error.length).toBeGreaterThan(0);
        expect(performance.now() - startMs).toBeLessThan(2_000);
      }),
      { numRuns: 1_000 },
    );
  });
});
