import { describe, expect, test } from "bun:test";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import type { Task } from "../../src/model/task.ts";
import { effectivePriority, inDispatchOrder, waitedMs } from "../../src/plan/order.ts";
import { fc } from "../rig/fast-check.ts";
import { after, asRunning, aTask, at, exited, killedBy, LOST, NOW_MS } from "../rig/tasks.ts";

const HOUR_MS = 3_600_000;
const turn = (number: number, priority: number): Task => aTask({ number, spec: { priority } });
const now = { nowMs: NOW_MS, policy: DEFAULT_POLICY };
const numbers = (tasks: readonly Task[]): number[] => tasks.map(({ metadata }) => metadata.number);

describe("inTurn()", () => {
  test("sorts by priority, then by number", () => {
    const tasks = [turn(1, 0), turn(2, 5), turn(10, 5), turn(9, 1_000), turn(3, 0)];
    expect(numbers(inDispatchOrder(tasks, now))).toEqual([9, 2, 10, 1, 3]);
  });

  test("gives the same order however the tasks are listed", () => {
    const anyTurns = fc.uniqueArray(
      fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 3 })),
      {
        selector: ([number]) => number,
      },
    );
    fc.assert(
      fc.property(anyTurns, (turns) => {
        const tasks = turns.map(([number, priority]) => turn(number, priority));
        expect(inDispatchOrder(tasks.toReversed(), now)).toEqual(inDispatchOrder(tasks, now));
        const sorted = tasks.toSorted(
          (one, other) =>
            other.spec.priority - one.spec.priority || one.metadata.number - other.metadata.number,
        );
        expect([...inDispatchOrder(tasks, now)]).toEqual(sorted);
        expect([...inDispatchOrder(sorted, now)]).toEqual(sorted);
      }),
    );
  });

  test("puts the task first that was submitted first, whatever its number", () => {
    const made = (number: number, atMs: number): Task => aTask({ number, metadata: { createdAt: at(atMs) } });
    const later = aTask({ number: 1, spec: { notBefore: at(9_000) } });
    const again = after(made(5, 2_000), killedBy("SIGKILL"));
    const tasks = [later, made(2, 4_000), made(3, -1_000), made(4, 4_000), again];
    const { policy } = now;
    expect(numbers(inDispatchOrder(tasks, { nowMs: NOW_MS + 60_000, policy }))).toEqual([3, 5, 2, 4, 1]);
  });

  test("raises a task by one point for each full span of ageing, finally past any priority", () => {
    const old = turn(1, 0);
    const fresh = (atMs: number): Task => ({
      ...turn(2, 3),
      metadata: { ...turn(2, 3).metadata, createdAt: at(atMs) },
    });
    const order = (atMs: number): number[] =>
      numbers(inDispatchOrder([fresh(atMs), old], { ...now, nowMs: NOW_MS + atMs }));
    expect(order(3 * HOUR_MS - 1)).toEqual([2, 1]);
    expect(order(3 * HOUR_MS)).toEqual([1, 2]);
  });
});

describe("standingOf()", () => {
  test.each([
    ["at once", 0, 5],
    ["a moment before the first span is over", HOUR_MS - 1, 5],
    ["after it", HOUR_MS, 6],
    ["after ten of them", 10 * HOUR_MS + 1, 15],
    ["where the clock was set back", -HOUR_MS, 5],
  ])("%s", (_when, afterMs, standing) => {
    expect(effectivePriority(turn(1, 5), { ...now, nowMs: NOW_MS + afterMs })).toBe(standing);
  });
});

describe("waitedMs() counts", () => {
  const always = { restart: { policy: "always", intervalMs: 60_000 } } as const;

  test.each([
    ["from the making", aTask(), 0],
    ["from the start that the user set", aTask({ spec: { notBefore: at(7_000) } }), 7_000],
    ["not from a start that was set before the making", aTask({ spec: { notBefore: at(-7_000) } }), 0],
    ["from the end of the wait for a retry", after(aTask(), killedBy("SIGKILL")), 7_500],
    ["from the next round", after(aTask({ spec: always }), exited(0)), 65_000],
    ["from the end of a lost attempt, which waits for nothing", after(aTask(), LOST), 5_000],
  ] satisfies [string, Task, number][])("%s", (_what, task, sinceMs) => {
    expect(waitedMs(task, NOW_MS + sinceMs)).toBe(0);
    expect(waitedMs(task, NOW_MS + sinceMs + 1)).toBe(1);
  });

  test("no time of a running task", () => {
    expect(waitedMs(asRunning(aTask()), NOW_MS + HOUR_MS)).toBe(0);
  });
});
