import { describe, expect, test } from "bun:test";
import { makeTaskId } from "../../src/model/identity.ts";
import { firstBeside, type OnItsWay } from "../../src/plan/intake-order.ts";
import { fc } from "../rig/fast-check.ts";

interface Named extends OnItsWay {
  readonly name: string;
}

const id = (number: number) => makeTaskId(number, "t");

function batch(name: string, ties: readonly string[] | null, parents: readonly number[] | null = []): Named {
  return { name, ties: ties === null ? null : new Set(ties), parents: parents?.map(id) ?? null };
}

/** Beside a first batch that has the lane a; tasks 1 to 9 are on their way. */
const TABLE: readonly (readonly [string, readonly Named[], string | null])[] = [
  ["no lane, no key, no parent", [batch("b", [])], "b"],
  ["a parent that has come", [batch("b", [], [10])], "b"],
  ["a parent that is on its way", [batch("b", [], [10, 3])], null],
  ["another lane", [batch("b", ["slot b"])], "b"],
  ["the same lane", [batch("b", ["slot b", "slot a"])], null],
  ["the same lane, before one with another", [batch("b", ["slot a"]), batch("c", ["slot c"])], "c"],
  ["a lane that one between them has", [batch("b", ["slot b"], [1]), batch("c", ["slot b"])], null],
  ["a lane behind one of which it is not known", [batch("b", null, null), batch("c", ["slot c"])], null],
  ["no lane behind one of which it is not known", [batch("b", null, null), batch("c", [])], "c"],
  ["a large one", [batch("b", [], null)], null],
];

describe("beside a first batch goes", () => {
  test.each(TABLE)("%s", (_what, behind, wanted) => {
    const found = firstBeside([batch("first", ["slot a"]), ...behind], (one) => Number(one.slice(0, 6)) < 10);
    expect(found?.name ?? null).toBe(wanted);
  });
});

const arbitraryBatches = fc.array(
  fc.record({
    ties: fc.option(fc.uniqueArray(fc.constantFrom("slot a", "slot b", "unique a"), { maxLength: 2 })),
    // The places of batches before it that it has a parent in.
    parents: fc.option(fc.uniqueArray(fc.nat(6), { maxLength: 2 })),
  }),
  { maxLength: 7 },
);

test("whatever is taken in beside others, what a batch depends on is in before it", () => {
  fc.assert(
    fc.property(arbitraryBatches, fc.array(fc.boolean()), (made, turns) => {
      const batches = made.map(({ ties, parents }, index) =>
        batch(String(index), ties, parents?.filter((one) => one < index) ?? null),
      );
      const left = [...batches];
      const taken: Named[] = [];
      // At each turn the first one is done, or the one beside it.
      for (const isFirst of [...turns, ...batches.map(() => true)]) {
        const isAwaited = (one: string): boolean =>
          left.some(({ name }) => Number(name) === Number(one.slice(0, 6)));
        const one = isFirst ? left[0] : (firstBeside(left, isAwaited) ?? left[0]);
        if (one === undefined) break;
        left.splice(left.indexOf(one), 1);
        taken.push(one);
      }
      expect(taken).toHaveLength(batches.length);
      for (const [at, later] of taken.entries()) {
        for (const earlier of batches.slice(0, Number(later.name))) {
          const isTied = [...(later.ties ?? [])].some((tie) => earlier.ties?.has(tie) ?? true);
          const isChild = later.parents?.includes(id(Number(earlier.name))) ?? true;
          if (isTied || isChild || later.ties === null) expect(taken.indexOf(earlier)).toBeLessThan(at);
        }
      }
    }),
  );
});
