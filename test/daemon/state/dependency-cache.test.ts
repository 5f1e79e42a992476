import { describe, expect, test } from "bun:test";
import { DependencyCache } from "../../../src/daemon/state/dependency-cache.ts";
import type { Task } from "../../../src/model/task.ts";
import { asClaimed, aTask, taskIn } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

const parent = aTask({ number: 1 });
const { id } = parent.metadata;
const child = aTask({ number: 2, spec: { after: [{ task: id, when: "success" }] } });
const unfinished = (...tasks: Task[]): Map<typeof id, Task> =>
  new Map(tasks.map((task) => [task.metadata.id, task]));

describe("Relatives", () => {
  test("reports the parents of queued tasks, and no others", async () => {
    await using home = new TempHome();
    const relatives = new DependencyCache(home.layout);
    relatives.upsert(parent);
    relatives.upsert(child);
    expect(relatives.statesFor(unfinished(parent, child)).parents).toEqual(new Map([[id, "unfinished"]]));
    home.put(taskIn("completed"));
    relatives.upsert(taskIn("completed"));
    expect(relatives.statesFor(unfinished(child)).parents).toEqual(new Map([[id, "completed"]]));
    relatives.upsert(asClaimed(child));
    expect(relatives.statesFor(unfinished(asClaimed(child))).parents).toEqual(new Map());
    // Lost, and back in the queue.
    relatives.upsert(child);
    expect(relatives.statesFor(unfinished(child)).parents).toEqual(new Map([[id, "completed"]]));
    relatives.remove(child.metadata.id);
    expect(relatives.statesFor(unfinished()).parents).toEqual(new Map());
  });

  test("counts the failed members of each sweep that still has queued members", async () => {
    await using home = new TempHome();
    const group = { name: "lr", id: 1, index: 1, size: 3, values: {}, maxFailures: 2 };
    const failed: Task = { ...taskIn("failed"), metadata: { ...taskIn("failed").metadata, group } };
    home.put(failed);
    const [waiting, other] = [2, 3].map((number) =>
      aTask({ number, metadata: { group: { ...group, index: number } } }),
    ) as [Task, Task];
    const relatives = new DependencyCache(home.layout);
    relatives.upsert(waiting);
    expect(relatives.statesFor(unfinished(waiting)).failedMembers).toEqual(new Map([[1, 1]]));
    relatives.upsert({ ...failed, metadata: { ...other.metadata, group } });
    expect(relatives.statesFor(unfinished(waiting)).failedMembers).toEqual(new Map([[1, 2]]));
    relatives.upsert(asClaimed(waiting));
    expect(relatives.statesFor(unfinished(asClaimed(waiting))).failedMembers).toEqual(new Map());
  });
});
