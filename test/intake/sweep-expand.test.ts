import { describe, expect, test } from "bun:test";
import { MAX_GROUP_SIZE } from "../../src/model/group.ts";
import type { Draft } from "../../src/model/submission.ts";
import { fc } from "../rig/fast-check.ts";
import { draftIn, draftsIn, faultsIn } from "./rig.ts";

type Values = Record<string, string>;

function valuesIn(yaml: string): Values[] {
  return draftsIn(`run: work\n${yaml}`).map(({ group }) => ({ ...group?.values }));
}

function bodyOf({ spec }: Draft): unknown {
  return spec.kind.mode.type === "script" ? spec.kind.mode.body : spec.kind.mode.args;
}

const NAMES = ["lr", "seed", "size"];
const lists = fc
  .tuple(
    ...NAMES.map(() =>
      fc.uniqueArray(
        fc.oneof(fc.stringMatching(/^[a-z0-9]{1,4}$/), fc.constantFrom("0", "00", "1e2", "100")),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
    ),
  )
  .map((values) => Object.fromEntries(NAMES.map((name, index) => [name, values[index] ?? []])));
const matrix = (of: unknown): string => `matrix: ${JSON.stringify(of)}\n`;

describe("matrix", () => {
  test("makes every combination once, varying the last list fastest", () => {
    fc.assert(
      fc.property(lists, (axes) => {
        const expected: Values[] = (axes["lr"] ?? []).flatMap((lr) =>
          (axes["seed"] ?? []).flatMap((seed) => (axes["size"] ?? []).map((size) => ({ lr, seed, size }))),
        );
        expect(valuesIn(matrix(axes))).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  test("drops with exclude exactly the combinations that have all the given values", () => {
    fc.assert(
      fc.property(lists, fc.nat(), fc.subarray(NAMES, { minLength: 1 }), (axes, pick, keys) => {
        const all = valuesIn(matrix(axes));
        const chosen = all[pick % all.length] ?? {};
        const item = Object.fromEntries(keys.map((key) => [key, chosen[key] ?? ""]));
        const isHit = (values: Values): boolean => keys.every((key) => values[key] === item[key]);
        const kept = all.filter((values) => !isHit(values));
        fc.pre(kept.length > 0);
        expect(valuesIn(matrix({ ...axes, exclude: [item] }))).toEqual(kept);
      }),
      { numRuns: 50 },
    );
  });

  test("extends with include the combinations that agree with it, and adds it as a member otherwise", () => {
    // The example of GitHub's documentation ("Expanding or adding matrix configurations").
    const yaml = `matrix:
  fruit: [apple, pear]
  animal: [cat, dog]
  include:
    - color: green
    - {color: pink, animal: cat}
    - {fruit: apple, shape: circle}
    - fruit: banana
    - {fruit: banana, animal: cat}
`;
    expect(valuesIn(yaml)).toEqual([
      { fruit: "apple", animal: "cat", color: "pink", shape: "circle" },
      { fruit: "apple", animal: "dog", color: "green", shape: "circle" },
      { fruit: "pear", animal: "cat", color: "pink" },
      { fruit: "pear", animal: "dog", color: "green" },
      { fruit: "banana" },
      { fruit: "banana", animal: "cat" },
    ]);
  });

  test("makes a member for each item of include alone, and compares numbers by value", () => {
    expect(valuesIn("matrix: {include: [{a: 1}, {a: 2, b: x}]}")).toEqual([{ a: "1" }, { a: "2", b: "x" }]);
    expect(valuesIn("matrix: {a: [0.10, 2], exclude: [{a: 0.1}]}")).toEqual([{ a: "2" }]);
    // Where both stand in the list, each is the one that is written.
    expect(valuesIn("matrix: {a: [0.10, 0.1], exclude: [{a: 0.1}]}")).toEqual([{ a: "0.10" }]);
    const twins = "matrix: {a: ['00', '0'], include: [{a: '0', b: x}]}";
    expect(valuesIn(twins)).toEqual([{ a: "00" }, { a: "0", b: "x" }]);
  });

  test.each([
    ["1-3", ["1", "2", "3"]],
    ["0-10:5", ["0", "5", "10"]],
    ["{from: 0.1, to: 0.3, step: 0.1}", ["0.1", "0.2", "0.3"]],
    ["{from: 0.28, to: 0.3, step: 0.01}", ["0.28", "0.29", "0.30"]],
    ["{from: 3, to: -1, step: -2}", ["3", "1", "-1"]],
    ["{from: 1, to: 4, step: 2}", ["1", "3"]],
    ["2024-05", ["2024-05"]],
    ["[1-3, 0.10, true, '']", ["1-3", "0.10", "true", ""]],
    ["adam", ["adam"]],
  ])("reads %s", (written, expected) => {
    expect(valuesIn(`matrix: {x: ${written}}`).map(({ x }) => x)).toEqual(expected);
  });
});

test("an array makes one member for each index", () => {
  const indices = (written: string): (string | undefined)[] =>
    valuesIn(`array: ${written}`).map(({ index }) => index);
  expect(indices("1-100:33")).toEqual(["1", "34", "67", "100"]);
  expect(indices("1,5,9-11")).toEqual(["1", "5", "9", "10", "11"]);
  expect(indices("[7, 2-3]")).toEqual(["7", "2", "3"]);
  expect(indices("01-03")).toEqual(["1", "2", "3"]);
});

describe("placeholders", () => {
  test("are replaced everywhere, as if the value had been written there", () => {
    const [, second] = draftsIn(`
command: [train, "--lr=\${{ matrix.lr }}", "\${{ sweep.index }}/\${{sweep.size}} of \${{ sweep.name }}"]
name: t-\${{ matrix.lr }}
cwd: /data/\${{ matrix.n }}
cpus: \${{ matrix.n }}
memory: \${{ matrix.n }}GB
hold: \${{ matrix.held }}
env: {LR: "\${{ matrix.lr }}", RAW: "$\${{ matrix.lr }}"}
labels: {n: "\${{ matrix.n }}"}
matrix: {lr: ["a b", "it's"], n: 4, held: true}
maxParallel: 2
maxFailures: 1
`);
    expect(second).toMatchObject({
      name: "t-it-s",
      labels: { n: "4" },
      spec: {
        kind: {
          cwd: "/data/4",
          mode: { command: "train", args: ["--lr=it's", "2/2 of t"] },
          env: { LR: "it's", RAW: "${{ matrix.lr }}" },
        },
        resources: { cpus: 4, memoryBytes: 4_000_000_000 },
        hold: true,
      },
      group: {
        name: "t",
        index: 2,
        size: 2,
        values: { lr: "it's", n: "4", held: "true" },
        maxParallel: 2,
        maxFailures: 1,
      },
    });
  });

  test("are all replaced, whatever the values are", () => {
    const value = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 8 })
      .filter((one) => !one.includes("\0"));
    fc.assert(
      fc.property(fc.uniqueArray(value, { minLength: 1, maxLength: 4 }), (values) => {
        const yaml = `run: go \${{ matrix.x }} "\${{ matrix.x }}"\nenv: {A: "-\${{ matrix.x }}-"}\n${matrix({ x: values })}`;
        const drafts = draftsIn(yaml);
        expect(drafts.map(({ group }) => group?.values["x"])).toEqual(values);
        for (const [index, draft] of drafts.entries()) {
          expect(draft.spec.kind.env).toEqual({ A: `-${values[index]}-` });
          expect(JSON.stringify(draft.spec)).not.toContain("${{ matrix");
        }
      }),
      { numRuns: 100 },
    );
  });

  test("outside of a sweep are a fault, and other braces stay", () => {
    expect(faultsIn("run: a ${{ matrix.lr }}")).toEqual([
      "1:8 ${{ matrix.lr }} is a value of a sweep, but the task has no sweep",
    ]);
    expect(bodyOf(draftIn("runtime: python\nscript: print(f'${{x}}')"))).toBe("print(f'${{x}}')");
  });
});

describe("members", () => {
  test("are named after the task, its command or its file", () => {
    const names = (yaml: string): string[] => draftsIn(`array: 1-2\n${yaml}`).map(({ name }) => name);
    expect(names("name: big\nrun: a")).toEqual(["big-1", "big-2"]);
    expect(names("run: python bin/train.py --i ${{ array.index }}")).toEqual(["train-i-1", "train-i-2"]);
    expect(names("run: ${{ array.index }}")).toEqual(["job-1", "job-2"]);
  });

  test("of several documents form a group each, beside single tasks", () => {
    const drafts = draftsIn(
      "name: a\nrun: x\narray: 1-2\n---\nname: b\nrun: y\n---\nname: c\nrun: z\narray: 5-6\n",
    );
    expect(drafts.map(({ name, group }) => [name, group?.name, group?.index])).toEqual([
      ["a-1", "a", 1],
      ["a-2", "a", 2],
      ["b", undefined, undefined],
      ["c-1", "c", 1],
      ["c-2", "c", 2],
    ]);
  });

  test("can be many", () => {
    const drafts = draftsIn("run: a ${{ array.index }}\narray: 1-10000\n");
    expect(drafts).toHaveLength(10_000);
    expect(bodyOf(drafts.at(-1) as Draft)).toBe("a 10000");
    expect(faultsIn(`run: a\narray: 0-${MAX_GROUP_SIZE}`)).toEqual([
      '2:8 "array" makes 100001 members, wanted at most 100000',
    ]);
    expect(faultsIn("run: a\nmatrix: {a: 1-1000, b: 1-1000}")).toEqual([
      '2:9 "matrix" makes 1000000 members, wanted at most 100000',
    ]);
  });
});
