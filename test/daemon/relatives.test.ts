import { describe, expect, test } from "bun:test";
import { Relatives } from "../../src/daemon/relatives.ts";
import type { Task } from "../../src/model/task.ts";
import { asClaimed, aTask, taskIn } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const parent = aTask({ number: 1 });
const { id } = parent.metadata;
const child = aTask({ number: 2, spec: { after: [{ task: id, when: "success" }] } });
const unended = (...tasks: Task[]): Map<typeof id, Task> =>
  new Map(tasks.map((task) => [task.metadata.id, task]));

describe("Relatives", () => {
  test("tells of the parents of queued tasks, and of no others", async () => {
    await using home = new TempHome();
    const relatives = new Relatives(home.layout);
    relatives.take(parent);
    relatives.take(child);
    expect(relatives.of(unended(parent, child)).parents).toEqual(new Map([[id, "unended"]]));
    home.put(taskIn("completed"));
    relatives.take(taskIn("completed"));
    expect(relatives.of(unended(child)).parents).toEqual(new Map([[id, "completed"]]));
    relatives.take(asClaimed(child));
    expect(relatives.of(unended(asClaimed(child))).parents).toEqual(new Map());
    // Lost, and back in the queue.
    relatives.take(child);
    expect(relatives.of(unended(child)).parents).toEqual(new Map([[id, "completed"]]));
    relatives.forget(child.metadata.id);
    expect(relatives.of(unended()).parents).toEqual(new Map());
  });

  test("counts the failed members of sweeps that somebody still waits in", async () => {
    await using home = new TempHome();
    const group = { name: "lr", id: 1, index: 1, size: 3, values: {}, maxFailures: 2 };
    const failed: Task = { ...taskIn("failed"), metadata: { ...taskIn("failed").metadata, group } };
    home.put(failed);
    const [waiting, other] = [2, 3].map((number) =>
      aTask({ number, metadata: { group: { ...group, index: number } } }),
    ) as [Task, Task];
    const relatives = new Relatives(home.layout);
    relatives.take(waiting);
    expect(relatives.of(unended(waiting)).failedMembers).toEqual(new Map([[1, 1]]));
    relatives.take({ ...failed, metadata: { ...other.metadata, group } });
    expect(relatives.of(unended(waiting)).failedMembers).toEqual(new Map([[1, 2]]));
    relatives.take(asClaimed(waiting));
    expect(relatives.of(unended(asClaimed(waiting))).failedMembers).toEqual(new Map());
  });
});
