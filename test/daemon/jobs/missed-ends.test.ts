import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finishJobs } from "../../../src/daemon/jobs/finish.ts";
import { findMissedEnds } from "../../../src/daemon/jobs/missed-ends.ts";
import { startTimeOf } from "../../../src/lib/host.ts";
import { fakeClock } from "../../rig/clock.ts";
import { holderOf } from "../../rig/holder.ts";
import { asRunning, aTask } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";

test("findMissedEnds() finds a child that ended without an event, and no living one", async () => {
  await using home = new TempHome();
  const supervisor = holderOf(home.layout, fakeClock());
  const names = (): string[] => [...supervisor.jobs.keys()];
  const processes = {
    gone: { pid: 4_194_305, startTime: "1" },
    living: { pid: process.pid, startTime: startTimeOf(process.pid) ?? "" },
  };
  for (const [index, [name, leader]] of Object.entries(processes).entries()) {
    const task = asRunning(aTask({ number: index + 1, name }));
    home.put(task);
    supervisor.queue.upsert(task);
    const { id } = task.metadata;
    const directory = home.layout.attempt(id, 1);
    mkdirSync(directory, { recursive: true });
    if (name === "gone") writeFileSync(join(directory, "exit.json"), '{"status":0,"sawTerm":false}\n');
    const times = { startedAtMs: 0, startedAwakeMs: 0 };
    const rest = { limits: null, groups: [], phase: { type: "running" as const } };
    const parent = { type: "child" as const, end: null, isMissing: false };
    const token = `of-${name}`;
    supervisor.jobs.set(id, { id, attempt: 1, token, directory, leader, parent, ...times, ...rest });
  }
  // Between an end and its event a look finds no process.
  for (let look = 1; look <= 2; look += 1) {
    finishJobs(supervisor);
    expect(names()).toEqual(["000001-gone", "000002-living"]);
    findMissedEnds(supervisor);
  }
  finishJobs(supervisor);
  expect(names()).toEqual(["000002-living"]);
  supervisor[Symbol.dispose]();
});
