import { describe, expect, test } from "bun:test";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import type { Task } from "../../src/model/task.ts";
import { lanesOf } from "../../src/plan/lane.ts";
import { inDispatchOrder } from "../../src/plan/order.ts";
import { plan } from "../../src/plan/plan.ts";
import { moverOf, type Where } from "../../src/plan/position.ts";
import { fc } from "../rig/fast-check.ts";
import { aMachine, aSnapshot } from "../rig/machine.ts";
import { after, aTask, at, killedBy, NOW_MS } from "../rig/tasks.ts";

const HOUR_MS = 3_600_000;
const LATER_MS = NOW_MS + 60_000;
const policy = DEFAULT_POLICY;
const numbers = (tasks: readonly Task[]): number[] => tasks.map(({ metadata }) => metadata.number);
const order = (queued: readonly Task[], nowMs = LATER_MS): number[] =>
  numbers(inDispatchOrder(queued, { nowMs, policy }));
const laneOrder = (queued: readonly Task[]): number[] =>
  numbers(lanesOf({ active: [], queued, ready: queued, policy }).get("a")?.members ?? []);

type Wish = readonly [
  numbers: readonly number[],
  where: "before" | "after" | "top" | "bottom",
  anchor?: number | undefined,
];

/** The queue after a move; null where no rank was left. */
function moved(queued: readonly Task[], [moving, type, anchor]: Wish, nowMs = LATER_MS): Task[] | null {
  const byNumber = new Map(queued.map((task) => [task.metadata.number, task]));
  const found = (number = 0): Task => byNumber.get(number) ?? aTask();
  const where: Where = type === "before" || type === "after" ? { type, anchor: found(anchor) } : { type };
  const ids = moving.map((number) => found(number).metadata.id);
  const mover = moverOf({ ids, where, queued, ready: queued, nowMs, policy });
  const changed = queued.map((task) => (ids.includes(task.metadata.id) ? (mover(task)?.task ?? null) : task));
  return changed.includes(null) ? null : changed.filter((task) => task !== null);
}

/** The same of a list. */
function movedIn(list: readonly number[], [moving, type, anchor = 0]: Wish): number[] {
  const others = list.filter((number) => !moving.includes(number));
  const cut = {
    before: others.indexOf(anchor),
    after: others.indexOf(anchor) + 1,
    top: 0,
    bottom: others.length,
  };
  return [...others.slice(0, cut[type]), ...moving, ...others.slice(cut[type])];
}

const inLane = (number: number, priority = 0): Task => aTask({ number, spec: { slot: "a", priority } });

describe("a move", () => {
  const QUEUE = [
    aTask({ number: 1 }),
    aTask({ number: 2, spec: { priority: 5 } }),
    aTask({ number: 3, metadata: { createdAt: at(-2 * HOUR_MS) } }),
    after(aTask({ number: 4 }), killedBy("SIGKILL")),
    aTask({ number: 5, spec: { priority: 5 } }),
    aTask({ number: 6 }),
  ];

  test.each(
    [
      [[6], "before", 1],
      [[1], "after", 5],
      [[5], "before", 6],
      [[6, 1], "before", 2],
      [[1, 6], "after", 3],
      [[4], "top"],
      [[6, 5, 1], "top"],
      [[2], "bottom"],
      [[2, 3], "bottom"],
      [[1, 2, 3, 4, 5, 6], "top"],
      [[6, 5, 4, 3, 2, 1], "bottom"],
    ].map((wish) => [wish as unknown as Wish] as const),
  )("%j is the same as in a list", (wish) => {
    const queued = moved(QUEUE, wish) ?? [];
    expect(order(queued)).toEqual(movedIn(order(QUEUE), wish));
    // It ages like the task beside it.
    for (const nowMs of wish.length === 3 ? [1, 3.5, 9].map((hours) => LATER_MS + hours * HOUR_MS) : [])
      expect(order(queued, nowMs)).toEqual(movedIn(order(QUEUE, nowMs), wish));
  });

  test("changes the position and the priority of the moved task alone", () => {
    const queued = moved(QUEUE, [[6], "before", 5]) ?? [];
    const { position, ...metadata } = queued[5]?.metadata ?? aTask().metadata;
    expect(queued.slice(0, 5)).toEqual(QUEUE.slice(0, 5));
    expect(queued[5]).toEqual({
      ...aTask({ number: 6, spec: { priority: 5 } }),
      metadata: { ...metadata, generation: 2, ...(position && { position }) },
    });
  });

  test("can be repeated hundreds of times, at an end and at one place", () => {
    const many = Array.from({ length: 300 }, (_, index) => aTask({ number: index + 1 }));
    const moves = Array.from({ length: 299 }, (_, index) => index + 2);
    const all = (where: readonly ["top"] | readonly ["before", number]): Task[] =>
      moves.reduce<Task[]>((queued, number) => moved(queued, [[number], ...where]) ?? [], many);
    expect(order(all(["top"]))).toEqual([...moves.toReversed(), 1]);
    expect(order(all(["before", 1]))).toEqual([...moves, 1]);
  });

  test("is refused where no rank is left between two tasks", () => {
    let queued: Task[] | null = Array.from({ length: 300 }, (_, index) => aTask({ number: index + 1 }));
    let count = 0;
    // Each goes between the last two: half of the room is left.
    while (queued !== null && count < 290) {
      expect(new Set(order(queued)).size).toBe(300);
      queued = moved(queued, [[count + 3], count % 2 === 0 ? "before" : "after", count + 2]);
      count += 1;
    }
    expect(count).toBeWithin(40, 290);
  });

  test("in any queue, one after the other, gives the same as in a list", () => {
    const tasks = fc.array(fc.record({ priority: fc.nat(2), hours: fc.nat(3), isInLane: fc.boolean() }), {
      minLength: 2,
      maxLength: 8,
    });
    const wishes = fc.array(
      fc.tuple(
        fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 3 }),
        fc.constantFrom("before", "after", "top", "bottom"),
        fc.nat(7),
      ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(tasks, wishes, (made, wanted) => {
        let queued = made.map(({ priority, hours, isInLane }, index) =>
          aTask({
            number: index + 1,
            spec: { priority, ...(isInLane && { slot: "a" }) },
            metadata: { createdAt: at(-hours * HOUR_MS) },
          }),
        );
        let list = order(queued);
        let lane = laneOrder(queued);
        for (const [moving, type, anchor] of wanted) {
          const wish: Wish = [
            moving
              .map((one) => (one % queued.length) + 1)
              .filter((one, index, all) => all.indexOf(one) === index),
            type,
            (anchor % queued.length) + 1,
          ];
          if ((type === "before" || type === "after") && wish[0].includes(wish[2] ?? 0)) continue;
          const next = moved(queued, wish);
          if (next === null) throw new Error("no rank was left");
          queued = next;
          list = movedIn(list, wish);
          const isOfLane = (number = 0): boolean => lane.includes(number);
          if (type === "top" || type === "bottom" || isOfLane(wish[2]))
            lane = movedIn(lane, [wish[0].filter(isOfLane), type, wish[2]]);
          expect(order(queued)).toEqual(list);
          expect(laneOrder(queued)).toEqual(lane);
        }
      }),
    );
  });
});

describe("a plan", () => {
  const startedIn = (queued: readonly Task[]): number[] => {
    const machine = aMachine({ capacity: { jobs: 1, cpus: 9 } });
    const { actions } = plan(aSnapshot({ machine, nowMs: LATER_MS, queued }));
    return actions.map(({ task }) => task.metadata.number);
  };

  test("starts the moved task first, also before those without a gate", () => {
    const queue = [aTask({ number: 1 }), aTask({ number: 2 }), aTask({ number: 3, spec: { priority: 9 } })];
    expect(startedIn(moved(queue, [[2], "top"]) ?? [])).toEqual([2]);
    expect(startedIn(moved(queue, [[3], "after", 1]) ?? [])).toEqual([1]);
  });

  test("starts the front of a lane, which a move beside a task of another lane does not change", () => {
    const queue = [inLane(1), inLane(2), aTask({ number: 3 })];
    expect(startedIn(moved(queue, [[2], "before", 1]) ?? [])).toEqual([2]);
    expect(laneOrder(moved(queue, [[1], "after", 3]) ?? [])).toEqual([1, 2]);
    // A retry keeps the lane.
    const begun = [after(inLane(9), killedBy("SIGKILL")), inLane(1)];
    expect(laneOrder(moved(begun, [[1], "top"]) ?? [])).toEqual([9, 1]);
  });

  test("does not start a moved task whose gate is shut", () => {
    const held = [aTask({ number: 1 }), aTask({ number: 2, spec: { hold: true } })];
    expect(startedIn(moved(held, [[2], "before", 1]) ?? [])).toEqual([1]);
  });
});

describe("a task that stands where it is to be moved", () => {
  const older = (hours: number): Task => aTask({ number: 1, metadata: { createdAt: at(-hours * HOUR_MS) } });
  const before = (number: number, priority: number, slot?: string): Task =>
    aTask({ number, spec: { priority, ...(slot !== undefined && { slot }) } });

  test.each<[what: string, queued: Task[], wish: Wish]>([
    ["with more priority", [older(2), before(2, 50)], [[2], "top"]],
    ["by its number", [before(1, 0), before(2, 0), before(3, 0)], [[1, 2], "top"]],
    ["with less priority", [before(1, 5), before(2, 9), before(3, 2)], [[3], "bottom"]],
    ["alone", [before(1, 5)], [[1], "bottom"]],
    [
      "by an earlier move",
      moved([before(1, 0), older(2), before(3, 0)], [[3], "before", 1]) ?? [],
      [[3], "before", 1],
    ],
  ])("%s, is not changed", (_what, queued, wish) => {
    expect(moved(queued, wish)).toEqual(queued);
  });

  test.each<[what: string, queued: Task[], wish: Wish]>([
    ["an older one would overtake it", [older(9.5), before(2, 10)], [[2], "top"]],
    ["it is not the first of its lane", [before(1, 0, "a"), before(2, 50, "a")], [[2], "top"]],
    ["they are named in another order", [before(1, 0), before(2, 0), before(3, 0)], [[2, 1], "top"]],
    ["it is beside it by another priority", [before(1, 0), before(2, 50)], [[2], "before", 1]],
  ])("is moved where %s", (_what, queued, wish) => {
    expect(moved(queued, wish)).not.toEqual(queued);
  });
});
