import { describe, expect, test } from "bun:test";
import { TaskList } from "../../../src/daemon/state/task-list.ts";
import type { Task } from "../../../src/model/task.ts";
import { fc } from "../../rig/fast-check.ts";
import { aTask } from "../../rig/tasks.ts";

/** A few ids, some of one number, so that they meet again and again. */
const anyTask = fc
  .record({ number: fc.integer({ min: 1, max: 9 }), name: fc.constantFrom("a", "b"), version: fc.nat(99) })
  .map(({ number, name, version }) => aTask({ number, name, metadata: { resourceVersion: version } }));
const anyStep = fc.record({ how: fc.constantFrom("put", "drop", "look"), task: anyTask });

const byIdOf = (left: Task, right: Task): number => (left.metadata.id < right.metadata.id ? -1 : 1);

describe("a list of tasks", () => {
  test("holds what was added and not removed, in order, as a plain map does", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        const list = new TaskList();
        const model = new Map<string, Task>();
        const handedOut: [readonly Task[], Task[]][] = [];
        for (const { how, task } of steps) {
          if (how === "put") {
            list.put(task);
            model.set(task.metadata.id, task);
          } else if (how === "drop") {
            list.drop(task);
            model.delete(task.metadata.id);
          } else handedOut.push([list.tasks, [...model.values()].toSorted(byIdOf)]);
        }
        handedOut.push([list.tasks, [...model.values()].toSorted(byIdOf)]);
        // Also those that were handed out before the last changes.
        for (const [tasks, expected] of handedOut) expect([...tasks]).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  test("is the same object as long as nothing changes", () => {
    const list = new TaskList();
    list.put(aTask());
    expect(list.tasks).toBe(list.tasks);
  });
});
