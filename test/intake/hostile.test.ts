import { describe, expect, test } from "bun:test";
import { renderDiagnostic } from "../../src/intake/diagnostic.ts";
import { readSubmission } from "../../src/intake/submission.ts";
import { timed } from "../rig/cpu-time.ts";
import { fc } from "../rig/fast-check.ts";
import { CONTEXT, draftIn, faultsIn } from "./rig.ts";

const NO_TASK = "1:1 the file contains no task, wanted at least one mapping";

const MANY_WORDS = "the file has more than 500000 words and signs, which is too much for one file";

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
    ["{}", "1:1 the task has nothing to run, wanted one of run, command or script"],
    ["run: a\nx\0y: b", "2:2 the file contains a NUL character, wanted a text file"],
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
    ["an alias to nothing", "run: *a", 'the alias "*a" cannot be resolved: there is no "&a" before it'],
    [
      "an alias to itself",
      "run: a\nenv: &a {b: *a}",
      'the alias "*a" cannot be resolved: it lies inside what it repeats',
    ],
    ["deep brackets", `run: a\nenv: ${"[".repeat(100_000)}`, "the document is nested too deeply"],
    [
      "deep brackets that close",
      `run: a\nenv: ${"[".repeat(40)}${"]".repeat(40)}`,
      "the document is nested too deeply, wanted at most 32 levels",
    ],
    ["deep dashes", "- ".repeat(100_000), "the document is nested too deeply"],
    ["a million items", `env: [${"x,".repeat(1_000_000)}]`, MANY_WORDS],
    ["five million lines", "\n".repeat(5_000_000), MANY_WORDS],
    ["a million ends of documents", "...\n".repeat(1_000_000), MANY_WORDS],
    [
      "two hundred thousand documents",
      "---\nrun: a\n".repeat(200_000),
      "the file has more than 10000 documents, wanted at most this many",
    ],
    [
      "sixty thousand placeholders",
      `run: echo ${"${{ matrix.a }} ".repeat(60_000)}`,
      "the file has more than 10000 placeholders, wanted at most this many",
    ],
    [
      "an alias of a long text",
      `annotations:\n  a: &a "${"x".repeat(200_000)}"\n${Array.from({ length: 10 }, (_, index) => `  b${index}: *a`).join("\n")}\nrun: a`,
      "the aliases of this file repeat more than 1000000 characters",
    ],
    [
      "a key like a file",
      `run: a\n? ${"a.".repeat(50_000)}\n: 1`,
      "a key has 100000 characters, wanted at most 1024",
    ],
    [
      "thousands of keys",
      `run: a\n${Array.from({ length: 20_000 }, (_, index) => `kez${index}: 1`).join("\n")}`,
      "the task has 20001 keys, wanted at most 1000",
    ],
    [
      "a name of an image that never ends",
      `run: a\nimage: "${":".repeat(1_000_000)}\\n"`,
      '"image" has spaces or begins with a dash, wanted the name of an image',
    ],
    [
      "thousands of variables",
      `run: a\nenvFrom: {env: [${"A*, ".repeat(5_000)}]}`,
      '"envFrom" names 5000 variables, wanted at most 1000',
    ],
    ["a set", "run: a\nenv: !!set {b}", "not valid YAML: unresolved tag: tag:yaml.org,2002:set"],
    ["a tag of one's own", "run: !env HOME", 'YAML reads "!" at the beginning of a value as a tag'],
    ["keys that are lists", "run: a\n? [b]\n: c", "a key is not a single word, wanted `key: value`"],
  ])("%s", (_, text, message) => {
    expect(faultsIn(text)[0]).toEndWith(` ${message}`);
  });

  test("finds thousands of keys without comparing each with every other", () => {
    const labels = Array.from({ length: 30_000 }, (_, index) => `  k${index}: v`).join("\n");
    expect(Object.keys(draftIn(`run: a\nlabels:\n${labels}`).labels)).toHaveLength(30_000);
  });

  test("accepts harmless aliases and merge keys", () => {
    const text = "run: a\nlabels: &l {a: b, c: d}\nannotations:\n  <<: *l\n  c: own";
    expect(draftIn(text)).toMatchObject({ labels: { a: "b", c: "d" }, annotations: { a: "b", c: "own" } });
    expect(faultsIn("run: a\nlabels: {<<: 5}")).toEqual(["2:14 `<<` needs an alias of a mapping"]);
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

  test("gives drafts or faults with a place, in little CPU time", () => {
    fc.assert(
      fc.property(soup, (text) => {
        const [read, tookMs] = timed(() => readSubmission(text, CONTEXT));
        const lines = text.replace(/^\uFEFF/, "").split("\n");
        for (const one of read.ok ? [] : read.error) {
          expect(one.line).toBeWithin(1, lines.length + 1);
          expect(one.column).toBeWithin(1, (lines[one.line - 1]?.length ?? 0) + 2);
          expect(one.caret + one.width).toBeLessThanOrEqual(one.sourceLine.length + 1);
          expect(renderDiagnostic(one)).toStartWith("job.yaml:");
        }
        expect(read.ok ? read.value.length : read.error.length).toBeGreaterThan(0);
        expect(tookMs).toBeLessThan(2_000);
      }),
      { numRuns: 1_000 },
    );
  });
});
