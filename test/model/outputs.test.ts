import { describe, expect, test } from "bun:test";
import type { JsonObject, OutputSpec } from "../../src/model/job-data.ts";
import { judgeOutputs, keptOutputs, unfitOutputs } from "../../src/model/outputs.ts";

function judged(
  specs: Readonly<Record<string, OutputSpec>>,
  values: JsonObject | null,
  fail: Readonly<Record<string, readonly string[]>> = {},
): string | null {
  const fault = judgeOutputs({
    read: values === null ? { type: "none" } : { type: "read", values },
    values: values ?? {},
    metrics: { loss: 12, acc: "nan" },
    specs,
    fail,
    missing: (path) => (path === "/there" ? null : "which does not exist, wanted a file"),
  });
  return fault === null ? null : `${fault.rule}: ${fault.error}`;
}

describe("judgeOutputs()", () => {
  const must = { type: "float", required: true } as const;

  test.each([
    [{ acc: must }, { acc: 0.5 }, null],
    [{ acc: must }, { acc: "nan" }, null],
    [{ acc: { type: "float" } }, null, null],
    [{ acc: must }, null, 'outputs:missing: output "acc" is required, and the job wrote no outputs.json'],
    [{ acc: must }, { ac: 1 }, 'outputs:missing: output "acc" is required, and the job did not write it'],
    [{ acc: must }, { acc: "0.5" }, 'outputs:type: output "acc" is "0.5", wanted a number'],
    [{ acc: must }, { acc: null }, 'outputs:type: output "acc" is null, wanted a number'],
    [{ n: { type: "int" } }, { n: 1.5 }, 'outputs:type: output "n" is 1.5, wanted a whole number'],
    [{ n: { type: "list" } }, { n: { a: 1 } }, 'outputs:type: output "n" is a mapping, wanted a list'],
    [{ n: { type: "bool" } }, { n: 1 }, 'outputs:type: output "n" is 1, wanted true or false'],
    [{ n: { type: "int", min: 1, max: 3 } }, { n: 4 }, 'outputs:type: output "n" is 4, wanted 1 to 3'],
    [
      { s: { type: "any", choices: ["a", 1] } },
      { s: "b" },
      'outputs:type: output "s" is "b", wanted one of "a", 1',
    ],
    [{ m: { type: "file" } }, { m: "/there" }, null],
    [
      { m: { type: "file" } },
      { m: "/x" },
      'outputs:missing: output "m" is "/x", which does not exist, wanted a file',
    ],
    [{ m: { type: "file" } }, { m: 3 }, 'outputs:type: output "m" is 3, wanted the path of a file'],
    [
      { a: must, b: must, c: must, d: must },
      {},
      'outputs:missing: output "a" is required, and the job did not write it; output "b" is required, and the job did not write it; output "c" is required, and the job did not write it; 1 more',
    ],
  ] as [Record<string, OutputSpec>, JsonObject | null, string | null][])(
    "of %j, %j is %j",
    (specs, values, fault) => {
      expect(judged(specs, values)).toBe(fault);
    },
  );

  test("applies the rules of fail to outputs, and to metrics where there is no output of the name", () => {
    expect(judged({}, { loss: 3 }, { loss: ["> 10"] })).toBeNull();
    expect(judged({}, null, { loss: ["nan", "> 10"] })).toBe(
      'fail:loss: metric "loss" is 12, and fail: has loss: > 10',
    );
    expect(judged({}, { loss: "nan" }, { loss: ["nan"] })).toBe(
      'fail:loss: output "loss" is "nan", and fail: has loss: nan',
    );
    expect(judged({}, {}, { other: ["nan"] })).toBeNull();
  });

  test("refuses a file that is none first of all", () => {
    const read = { type: "bad", reason: "is empty, wanted one JSON object" } as const;
    const fault = judgeOutputs({
      read,
      values: {},
      metrics: {},
      specs: { a: must },
      fail: {},
      missing: () => null,
    });
    expect(fault).toEqual({
      rule: "outputs:unreadable",
      error: "its outputs.json is empty, wanted one JSON object",
    });
  });
});

test("unfitOutputs() takes an object of JSON, and none that is deeper than readers take", () => {
  const nested = (depth: number): unknown => JSON.parse(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`);
  expect(unfitOutputs({})).toBeNull();
  expect(unfitOutputs(nested(60))).toBeNull();
  expect(unfitOutputs(nested(100))).toContain("deeper than 64 levels");
  expect([unfitOutputs(undefined), unfitOutputs([1]), unfitOutputs("x")]).toEqual([
    "is not JSON, wanted one JSON object",
    "is a list, wanted one JSON object",
    'is "x", wanted one JSON object',
  ]);
});

test("keptOutputs() leaves to the file what a record has no room for", () => {
  const large = {
    acc: 0.9,
    curve: Array.from({ length: 20_000 }, (_, index) => index),
    text: "x".repeat(2_000),
  };
  expect(keptOutputs({ acc: 1, list: [1] })).toEqual({ kept: { acc: 1, list: [1] }, left: 0 });
  expect(keptOutputs(large)).toEqual({ kept: { acc: 0.9 }, left: 2 });
});
