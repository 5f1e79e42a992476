import { expect, test } from "bun:test";
import { QueuedTasks } from "../../../src/daemon/state/queued-tasks.ts";
import type { Task } from "../../../src/model/task.ts";
import { plan } from "../../../src/plan/plan.ts";
import { queueOf } from "../../../src/plan/queue.ts";
import { fc } from "../../rig/fast-check.ts";
import { aMachine, aSnapshot } from "../../rig/machine.ts";
import { aTask, at } from "../../rig/tasks.ts";

/** A few ids, some of one number, so that they meet again and again; most of them wait for room alone. */
const anyTask = fc
  .record({
    number: fc.integer({ min: 1, max: 9 }),
    name: fc.constantFrom("a", "b"),
    priority: fc.constantFrom(0, 0, 7),
    hold: fc.constantFrom(false, false, false, true),
    cpus: fc.constantFrom(undefined, 2),
    madeMs: fc.constantFrom(0, 0, 0, -5_000_000),
  })
  .map(({ number, name, priority, hold, cpus, madeMs }) => {
    const spec = { priority, hold, resources: cpus === undefined ? {} : { cpus } };
    return aTask({ number, name, spec, metadata: { createdAt: at(number * 1_000 + madeMs) } });
  });

const byPlace = ({ metadata: left }: Task, { metadata: right }: Task): number =>
  left.number - right.number || (left.id < right.id ? -1 : 1);

test("an index of tasks that come and go classifies and plans them as a full scan does", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), anyTask), { maxLength: 60, size: "max" }), (steps) => {
      const tasks = new QueuedTasks();
      const model = new Map<string, Task>();
      for (const [isComing, task] of steps) {
        const known = model.get(task.metadata.id);
        if (known !== undefined) tasks.drop(known);
        model.delete(task.metadata.id);
        if (!isComing) continue;
        tasks.put(task);
        model.set(task.metadata.id, task);
      }
      const queued = [...model.values()].toSorted(byPlace);
      const { queue } = tasks;
      const wanted = queueOf(queued);
      expect(tasks.size).toBe(queued.length);
      expect([...tasks.tasks]).toEqual(queued);
      expect(queue.gated).toEqual(wanted.gated);
      expect(queue.buckets).toHaveLength(wanted.buckets.length);
      for (const line of wanted.buckets) {
        const found = queue.buckets.find(({ priority }) => priority === line.priority);
        expect([...(found?.tasks ?? [])]).toEqual([...line.tasks]);
      }
      const { queued: _all, ...snapshot } = aSnapshot({
        machine: aMachine({ capacity: { jobs: 3, cpus: 4 } }),
      });
      expect(plan({ ...snapshot, queue })).toEqual(plan({ ...snapshot, queued }));
    }),
    { numRuns: 1_000 },
  );
});

test("a list that was handed out does not change afterwards", () => {
  const tasks = new QueuedTasks();
  const [first, second] = [aTask({ number: 1 }), aTask({ number: 2 })];
  tasks.put(first);
  const handedOut = tasks.tasks;
  tasks.put(second);
  tasks.drop(first);
  expect([handedOut, tasks.tasks]).toEqual([[first], [second]]);
});
