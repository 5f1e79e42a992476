import { expect, test } from "bun:test";
import { operate } from "../../../src/daemon/requests/operations.ts";
import type { Spec } from "../../../src/model/spec.ts";
import type { Task } from "../../../src/model/task.ts";
import { finishAttempt } from "../../../src/plan/finish-attempt.ts";
import { fakeClock } from "../../rig/clock.ts";
import { holderOf } from "../../rig/holder.ts";
import { after, anEnd, aSpec, asRunning, aTask, at, exited, half } from "../../rig/tasks.ts";
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

test("a retry that ended the wait of a task is answered as done when it is carried out again after a crash, and retries it once", async () => {
  await using home = new TempHome();
  const clock = fakeClock();
  using supervisor = holderOf(home.layout, clock);
  const retried = { ...aSpec().retry, on: ["EXIT_NONZERO" as const], maxAttempts: 2 };
  const waiting = after(aTask({ number: 1, spec: { retry: retried } }), exited(3));
  expect(waiting.status).toMatchObject({ state: "queued", retryAt: expect.any(String) });
  home.put(waiting);
  supervisor.queue.upsert(waiting);
  clock.advance(60_000);
  const { id, uid, epoch } = waiting.metadata;
  const retry = (attempt: number) =>
    operate(supervisor, {
      operation: { verb: "retry", targets: [{ id, uid, epoch, attempt }] },
      actor: "bob",
      at: at(10_000),
    });
  const done = [{ id, done: "queued, without the wait" }];
  expect(retry(1)).toEqual(done);
  const known = (): Task => supervisor.queue.tasks.get(id) ?? waiting;
  const awakened = known();
  expect(retry(1)).toEqual(done);
  expect(known()).toEqual(awakened);
  supervisor.committer.commit([{ before: awakened, after: asRunning(awakened), actor: "stint" }]);
  expect(retry(1)).toEqual(done);
  const ended = finishAttempt(known(), anEnd(exited(3)), half);
  supervisor.committer.commit([{ before: known(), after: ended, actor: "stint" }]);
  expect(retry(1)).toEqual(done);
  expect(ended.status.state).toBe("failed");
  expect(retry(2)).toEqual([{ id, done: "queued" }]);
});
