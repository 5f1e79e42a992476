import { describe, expect, test } from "bun:test";
import { chunksOf, runSlice, type Steps, sortedInSteps, wholeOf } from "../../src/lib/steps.ts";

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
  test("stops at the end of a slice, and finally returns the value", () => {
    const { steps, clock, done } = work(6, 4);
    expect(runSlice(steps, clock)).toEqual({ isDone: false, isWaiting: false });
    expect(done()).toBe(2);
    expect(runSlice(steps, clock)).toEqual({ isDone: false, isWaiting: false });
    expect(runSlice(steps, clock)).toEqual({ isDone: true, value: "all of it" });
  });

  test("does at least one step, however long it takes", () => {
    const { steps, clock, done } = work(3, 1_000);
    for (const made of [0, 1, 2]) {
      expect(runSlice(steps, clock)).toEqual({ isDone: false, isWaiting: false });
      expect(done()).toBe(made);
    }
    expect(runSlice(steps, clock)).toEqual({ isDone: true, value: "all of it" });
  });

  test("stops where the work waits", () => {
    const { steps, clock, done } = work(9, 0);
    expect(runSlice(steps, clock)).toEqual({ isDone: false, isWaiting: true });
    expect(done()).toBe(7);
    expect(runSlice(steps, clock)).toEqual({ isDone: true, value: "all of it" });
  });
});

test("wholeOf() runs all steps", () => {
  expect(wholeOf(work(20, 1_000).steps)).toBe("all of it");
});

test("chunksOf() contains every element once", () => {
  expect([...chunksOf([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
  expect([...chunksOf([], 2)]).toEqual([]);
});

test("sortedInSteps() sorts as toSorted() does, and can be left meanwhile", () => {
  const all = Array.from({ length: 70_000 }, (_, index) => ({ index, key: (index * 7_919) % 1_000 }));
  const byKey = (left: { key: number }, right: { key: number }): number => left.key - right.key;
  expect(wholeOf(sortedInSteps(all, byKey))).toEqual(all.toSorted(byKey));
  expect([...sortedInSteps(all, byKey)].length).toBeGreaterThan(5);
  expect(wholeOf(sortedInSteps([], byKey))).toEqual([]);
});
