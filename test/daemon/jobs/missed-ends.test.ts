import { expect, test } from "bun:test";
import { finishJobs } from "../../../src/daemon/jobs/finish.ts";
import { findMissedEnds } from "../../../src/daemon/jobs/missed-ends.ts";
import { ALIVE, DEAD, JobsRig, runningHere } from "../../rig/fake-runner.ts";
import { aTask } from "../../rig/tasks.ts";

test("findMissedEnds() finds a child that ended without an event, and no living one", async () => {
  await using rig = new JobsRig();
  const { supervisor } = rig;
  const names = (): string[] => [...supervisor.jobs.keys()];
  for (const [number, name, leader] of [[1, "gone", DEAD] as const, [2, "living", ALIVE] as const]) {
    const parent = { type: "child" as const, end: null, isMissing: false };
    const { task } = rig.run(runningHere(aTask({ number, name }), leader), { leader, parent });
    if (name === "gone") rig.writeExit(task, {});
  }
  // Between an end and its event a look finds no process.
  for (let look = 1; look <= 2; look += 1) {
    finishJobs(supervisor);
    expect(names()).toEqual(["000001-gone", "000002-living"]);
    findMissedEnds(supervisor);
  }
  finishJobs(supervisor);
  expect(names()).toEqual(["000002-living"]);
});
