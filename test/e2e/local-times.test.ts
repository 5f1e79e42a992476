import { expect, test } from "bun:test";
import { owe } from "../rig/schedules.ts";
import { Stint } from "../rig/stint.ts";

/** Half an hour from every full hour of UTC, so a time in UTC is told from a local one. */
const ZONE = { TZ: "Asia/Kathmandu" };
const ISO = /\d{4}-\d\d-\d\dT\d\d/;

test("what a person reads has local times: the log of a supervisor, a firing, a pause, a refusal, each verb", async () => {
  await using stint = new Stint();
  const zoned = (...args: string[]) => stint.run(args, { env: ZONE });
  await zoned("submit", "--at", "2h", "--", "true");
  await zoned("submit", "--", "false");
  await zoned("pause");
  owe(stint, { name: "due", uid: "01900000-0000-7000-8000-000000000000", tasks: "  - run: true\n" });
  const up = await stint.upUnder({ env: ZONE });
  await stint.reach(3, "queued");
  const rival = await zoned("up");
  expect(rival.err).toContain(`(pid ${up.pid} on `);
  expect(rival.err).toMatch(/, since \d\d:\d\d\) holds the lock/);
  await zoned("resume");
  await stint.reach(2, "failed");
  const screens = [rival.err];
  for (const line of [
    "ls --all --wide",
    "show 1",
    "show 2",
    "explain 1",
    "explain 2",
    "explain 3",
    "doctor -v",
  ])
    screens.push(...Object.values(await zoned(...line.split(" "))).map(String));
  for (const line of [
    "schedules ls",
    "schedules show due",
    "stats",
    "jobs",
    "clean --dry-run",
    "gpus",
    "logs 2",
  ])
    screens.push(...Object.values(await zoned(...line.split(" "))).map(String));
  expect(screens.filter((text) => ISO.test(text))).toEqual([]);
  up.kill();
  const log = await new Response(up.stdout).text();
  expect(log).not.toMatch(ISO);
  expect(
    log
      .trim()
      .split("\n")
      .filter((line) => !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /.test(line)),
  ).toEqual([]);
  expect(log).toMatch(/the queue is paused by \S+ since \d\d:\d\d:/);
  expect(log).toMatch(/the schedule due fired for (\S+ )?\d\d:\d\d/);
});
