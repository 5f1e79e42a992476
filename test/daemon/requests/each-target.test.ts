import { expect, test } from "bun:test";
import { operate } from "../../../src/daemon/requests/operations.ts";
import type { Spec } from "../../../src/model/spec.ts";
import { fakeClock } from "../../rig/clock.ts";
import { holderOf } from "../../rig/holder.ts";
import { aTask, at } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

test("a set that is carried out again after a crash is answered as done, and another one for that version is refused", async () => {
  await using home = new TempHome();
  const clock = fakeClock();
  using supervisor = holderOf(home.layout, clock);
  const task = aTask({ number: 1 });
  home.put(task);
  supervisor.queue.upsert(task);
  clock.advance(1_000);
  const { id, uid, epoch, resourceVersion: version } = task.metadata;
  const set = (change: Partial<Spec>) => {
    const spec = { ...task.spec, ...change };
    const operation = { verb: "set", targets: [{ id, uid, epoch, version }], spec, labels: {} } as const;
    return operate(supervisor, {
      operation: { ...operation, targets: [...operation.targets] },
      actor: "bob",
      at: at(0),
    });
  };
  expect(set({ priority: 5 })).toEqual([{ id, done: "changed" }]);
  const changed = supervisor.queue.tasks.get(id)?.metadata;
  expect(set({ priority: 5 })).toEqual([{ id, done: "changed" }]);
  expect(supervisor.queue.tasks.get(id)?.metadata).toEqual(changed);
  expect(set({ priority: 6 })).toMatchObject([{ id, problem: { code: "VERSION_CONFLICT" } }]);
});
