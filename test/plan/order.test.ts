import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Task } from "../../src/model/task.ts";
import { byTurn } from "../../src/plan/order.ts";
import { aTask } from "../rig/tasks.ts";

const turn = (number: number, priority: number): Task => aTask({ number, spec: { priority } });

describe("byTurn()", () => {
  test("asks the higher priority first, then the lower number", () => {
    const tasks = [turn(1, 0), turn(2, 5), turn(10, 5), turn(9, 1_000), turn(3, 0)];
    expect(tasks.toSorted(byTurn).map(({ metadata }) => metadata.number)).toEqual([9, 2, 10, 1, 3]);
  });

  test("is one order for every set of tasks, however they come in", () => {
    const anyTurns = fc.uniqueArray(
      fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 3 })),
      {
        selector: ([number]) => number,
      },
    );
    fc.assert(
      fc.property(anyTurns, (turns) => {
        const tasks = turns.map(([number, priority]) => turn(number, priority));
        expect(tasks.toReversed().toSorted(byTurn)).toEqual(tasks.toSorted(byTurn));
      }),
    );
  });
});
