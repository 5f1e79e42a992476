import { expect, test } from "bun:test";
import { readTasks } from "../../src/store/reader.ts";
import { aTask } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";
import { race } from "../rig/workers.ts";

const RECORDS = 500;
const RIVALS = ["a", "b", "c", "d", "e", "f", "g", "h"];

test("each of 500 records is claimed by exactly one of 8 processes", async () => {
  await using home = new TempHome();
  const ids = Array.from({ length: RECORDS }, (_, index) => {
    const task = aTask({ number: index + 1 });
    home.put(task);
    return task.metadata.id;
  });
  const works = RIVALS.map((name) => ["claim", name] as const);
  const won = (await race(home.layout.home, works)) as string[][];
  const winners = new Map(won.flatMap((of, index) => of.map((id) => [id, RIVALS[index]] as const)));
  expect(won.flat().toSorted()).toEqual(ids);
  expect(won.filter((of) => of.length > 0).length).toBeGreaterThan(1);
  expect(home.files("pending")).toEqual([]);
  const claims = readTasks(home.layout, ["running"]);
  expect(claims).toHaveLength(RECORDS);
  for (const { metadata, status } of claims) {
    const tokens = status.attempts.map(({ token }) => token);
    expect([metadata.id, status.attempt, metadata.resourceVersion, ...tokens]).toEqual([
      metadata.id,
      1,
      2,
      winners.get(metadata.id) ?? "nobody",
    ]);
  }
});
