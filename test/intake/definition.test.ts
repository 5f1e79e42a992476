import { describe, expect, test } from "bun:test";
import { readSubmission } from "../../src/intake/submission.ts";
import { valueOf } from "../rig/results.ts";
import { aDefinition, CONTEXT } from "./rig.ts";

const TEXT = `name: sum
priority: 3
inputs: { lr: { type: float, default: 0.1 }, count: { type: int, required: true } }
matrix: { size: [1, 2] }
maxFailures: 4
run: python3 sum.py --lr \${{ inputs.lr }} --size \${{ matrix.size }}
`;
const context = {
  ...CONTEXT,
  definition: (reference: string) =>
    reference === "sum@2"
      ? { ok: true as const, value: aDefinition({ name: "sum", version: 2, text: TEXT }) }
      : { ok: false as const, error: "there is no such definition" },
};

function faults(text: string): string[] {
  const read = readSubmission(text, context);
  return read.ok ? [] : read.error.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe("a document with a definition", () => {
  test("has the keys of the definition, overridden by its own, whatever their spelling", () => {
    const own =
      "definition: sum@2\ninputs: { count: 7 }\nmax_failures: 1\nmatrix: { size: [5] }\npriority: 9\n";
    const [draft, ...others] = valueOf(readSubmission(own, context));
    expect(others).toEqual([]);
    expect(draft).toMatchObject({
      name: "sum-1",
      definition: { name: "sum", version: 2, sha256: "0".repeat(64) },
      group: { name: "sum", size: 1, maxFailures: 1, values: { size: "5" } },
      spec: { priority: 9, inputs: { lr: 0.1, count: 7 } },
    });
    expect(JSON.stringify(draft)).toContain("--lr 0.1 --size 5");
  });

  test("is refused at the name of the definition, or at the key of its own that is wrong", () => {
    expect(faults("definition: nix\n")).toEqual(['1:13 "definition" is "nix": there is no such definition']);
    expect(faults("name: a\ndefinition: sum@2\n")).toEqual([
      '2:13 "inputs.count" has no value, which is required (member 1: size=1)',
      '2:13 "inputs.count" has no value, which is required (member 2: size=2)',
    ]);
    expect(faults("definition: sum@2\ninputs: { count: x }\n")).toEqual([
      '2:18 "inputs.count" is "x", wanted a whole number (member 1: size=1)',
      '2:18 "inputs.count" is "x", wanted a whole number (member 2: size=2)',
    ]);
    expect(faults("definition: [a]\n")).toEqual(['1:13 "definition" is a list, wanted text']);
    expect(readSubmission("definition: sum@2\n", CONTEXT).ok).toBe(false);
  });
});
