import { describe, expect, test } from "bun:test";
import { partsOf, runSlice, type Steps, sortedInSteps, wholeOf } from "../../src/lib/steps.ts";

/** Work of so many steps, each of which takes so long by a clock of its own. */
function work(count: number, stepMs: number) {
  let nowMs = 0;
  let done = 0;
  function* steps(): Steps<string> {
    for (; done < count; done += 1) {
      nowMs += stepMs;
      yield done === 7 ? "wait" : undefined;
    }
    return "all of it";
  }
  return { steps: steps(), clock: { awakeMs: () => nowMs }, done: () => done };
}

describe("goOn()", () => {
  test("stops once a slice is over, and ends with the value", () => {
    const { steps, clock, done } = work(6, 4);
    expect(runSlice(steps, clock)).toEqual({ isDone: false, isWaiting: false });
    expect(done()).toBe(2);
    expect(runSlice(steps, clock)).toEqual({ isDone: false, isWaiting: false });
    expect(runSlice(steps, clock)).toEqual({ isDone: true, value: "all of it" });
  });

  test("does at least a step, however long that takes", () => {
    const { steps, clock, done } = work(3, 1_000);
    for (const made of [0, 1, 2]) {
      expect(runSlice(steps, clock)).toEqual({ isDone: false, isWaiting: false });
      expect(done()).toBe(made);
    }
    expect(runSlice(steps, clock)).toEqual({ isDone: true, value: "all of it" });
  });

  test("stops where the work waits for something", () => {
    const { steps, clock, done } = work(9, 0);
    expect(runSlice(steps, clock)).toEqual({ isDone: false, isWaiting: true });
    expect(done()).toBe(7);
    expect(runSlice(steps, clock)).toEqual({ isDone: true, value: "all of it" });
  });
});

test("wholeOf() does all of it", () => {
  expect(wholeOf(work(20, 1_000).steps)).toBe("all of it");
});

test("partsOf() leaves nothing out", () => {
  expect([...partsOf([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
  expect([...partsOf([], 2)]).toEqual([]);
});

test("sortedInSteps() sorts as toSorted() does, and can be left meanwhile", () => {
  const all = Array.from({ length: 70_000 }, (_, index) => ({ index, key: (index * 7_919) % 1_000 }));
  const byKey = (left: { key: number }, right: { key: number }): number => left.key - right.key;
  expect(wholeOf(sortedInSteps(all, byKey))).toEqual(all.toSorted(byKey));
  expect([...sortedInSteps(all, byKey)].length).toBeGreaterThan(5);
  expect(wholeOf(sortedInSteps([], byKey))).toEqual([]);
});
