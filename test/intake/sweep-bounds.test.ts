import { describe, expect, test } from "bun:test";
import { type Item, metBy, shapesOf } from "../../src/intake/sweep/matching.ts";
import { NOWHERE } from "../../src/intake/value.ts";
import { draftsIn, faultsIn, makeFolder } from "./rig.ts";

function itemOf(pairs: Record<string, string>): Item {
  return { pairs, value: { type: "mapping", path: "matrix.exclude[0]", span: NOWHERE, entries: [] } };
}

const AXES = new Map([
  ["a", new Set(Array.from({ length: 300 }, (_, index) => String(index + 1)))],
  ["b", new Set(Array.from({ length: 300 }, (_, index) => String(index + 1)))],
]);
const rows = (count: number): { a: number; b: number }[] =>
  Array.from({ length: count }, (_, index) => ({ a: (index % 300) + 1, b: Math.floor(index / 300) + 1 }));

describe("a sweep looks at a combination once for all items that name the same lists", () => {
  test("with any number of items", () => {
    const items = rows(20_000).map(({ a, b }) => itemOf({ a: String(a), b: String(b) }));
    const shapes = shapesOf([...items, itemOf({ a: "7" }), itemOf({ a: "7.0" })], AXES);
    expect(shapes).toHaveLength(3);
    const met = shapes.map((shape) => metBy(shape, { values: { a: "7", b: "1" }, span: NOWHERE }));
    expect(met).toEqual([[6], [20_000], [20_001]]);
  });

  test("in a file with 90,000 combinations and 20,000 exclusions", () => {
    const exclude = rows(20_000).map(({ a, b }) => `    - {a: ${a}, b: ${b}.0}\n`);
    const text = `run: x\nmatrix:\n  a: 1-300\n  b: 1-300\n  exclude:\n${exclude.join("")}`;
    expect(draftsIn(text)).toHaveLength(70_000);
  });

  test("with 5,000 inclusions, of which the last one counts", () => {
    const include = rows(5_000).map(({ a, b }) => `    - {a: ${a}, b: ${b}, c: x${a}}\n`);
    const more = "    - {c: all}\n    - {b: 300, d: last}\n    - {a: 301}\n";
    const text = `run: x\nmatrix:\n  a: 1-300\n  b: 1-30\n  include:\n${include.join("")}${more}`;
    const drafts = draftsIn(text.replace("b: 300", "b: 30"));
    expect(drafts).toHaveLength(9_001);
    expect(drafts[0]?.group?.values).toEqual({ a: "1", b: "1", c: "all" });
    expect(drafts[8_999]?.group?.values).toEqual({ a: "300", b: "30", c: "all", d: "last" });
    expect(drafts[9_000]?.group?.values).toEqual({ a: "301" });
  });
});

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `k${index}`);

test.each([
  [
    "lists without end",
    `run: x\nmatrix:\n${names(5_000)
      .map((name) => `  ${name}: 1`)
      .join("\n")}`,
    '"matrix.k1000" exceeds the limit of 1000 names',
  ],
  [
    "many values for many members",
    `run: x\nmatrix:\n  a: 1-100000\n${names(30)
      .map((name) => `  ${name}: 1`)
      .join("\n")}`,
    '"matrix" makes 3100000 values in all its members, wanted at most 2000000',
  ],
  [
    "many ways to exclude",
    `run: x\nmatrix:\n${names(60)
      .map((name) => `  ${name}: [0, 1]`)
      .slice(0, 12)
      .join("\n")}\n  exclude:\n${Array.from(
      { length: 60 },
      (_, index) =>
        `    - {${names(12)
          .filter((__, bit) => ((index + 1) >> bit) & 1)
          .map((name) => `${name}: 1`)
          .join(", ")}}`,
    ).join("\n")}`,
    '"matrix.exclude" names 60 different sets of lists, wanted at most 50',
  ],
  [
    "a thousand ranges of a hundred thousand",
    `run: x\narray: [${"1-100000, ".repeat(1_000)}]`,
    '"array" makes 200000 members, wanted at most 100000',
  ],
  [
    "documents that are large sweeps",
    "run: x\narray: 1-60000\n---\nrun: x\narray: 1-60000\n",
    "the file makes more than 100000 tasks, which is the limit",
  ],
  [
    "a large script in each member",
    `array: 1-100000\nrun: |\n  echo \${{ array.index }}\n${"  # 34567890123456789\n".repeat(1_000)}`,
    "the records of the tasks would take more than 256 MiB, which is the limit",
  ],
  [
    "a large value in each member",
    `array: 1-10000\nrun: echo \${{ array.index }}\nlabels: {x: "${"x".repeat(30_000)}"}`,
    "the records of the tasks would take more than 256 MiB, which is the limit",
  ],
  [
    "a large value in many places",
    `matrix: {a: ["${"x".repeat(300_000)}"]}\nrun: echo ${"${{ matrix.a }} ".repeat(1_000)}`,
    "the text is longer than 2097152 characters once its placeholders are filled",
  ],
])("a sweep with %s is refused with the limit", (_what, text, message) => {
  expect(faultsIn(text)[0]).toContain(message);
});

test("a data file with too many columns is refused", () => {
  using folder = makeFolder();
  folder.write("data.csv", `${names(50_000).join(",")}\n`);
  expect(faultsIn("run: x\neach: data.csv", { dataFolder: folder.path })[0]).toContain(
    'column 1001 "k1000" exceeds the limit of 1000 names',
  );
});

test("a line that repeats names of interpreters is scanned once", () => {
  const line = `${"python ".repeat(100_000)}${'"${{ matrix.a }}" '.repeat(2)}${"$(x) ".repeat(50_000)}`;
  expect(draftsIn(`matrix: {a: ["x y"]}\nrun: '${line}'`)).toHaveLength(1);
  expect(faultsIn("matrix: {a: ['x y']}\nrun: \"python\\n-c ${{ matrix.a }}\"")).toHaveLength(1);
});
