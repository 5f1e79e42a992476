import { describe, expect, spyOn, test } from "bun:test";
import { rmSync } from "node:fs";
import { finishJobs } from "../../../src/daemon/jobs/finish.ts";
import { endOf, type Job } from "../../../src/daemon/jobs/job.ts";
import { observeEnds, wasStopping } from "../../../src/daemon/jobs/observe.ts";
import { containerRunner } from "../../../src/daemon/jobs/runners/container.ts";
import type { Ending } from "../../../src/model/evidence.ts";
import { stopRequested } from "../../../src/model/lifecycle.ts";
import type { Task } from "../../../src/model/task.ts";
import { NEVER_BEGAN } from "../../../src/run/launch.ts";
import { ALIVE, claimedHere, DEAD, JobsRig, runningHere, specOf } from "../../rig/fake-runner.ts";
import { aStop, aTask, at, exited, killedBy, LOST, NOW_MS } from "../../rig/tasks.ts";

/** A child of which the system told so. */
const child = (exitCode: number | null, signal: string | null = null) => ({
  type: "child" as const,
  end: { exitCode, signal },
  isMissing: false,
});
const UNHEARD = { type: "child", end: null, isMissing: false } as const;

interface Seen {
  readonly what: string;
  readonly job?: Partial<Job>;
  /** What stands in exit.json; absent for no such file. */
  readonly exit?: Parameters<JobsRig["writeExit"]>[1];
  readonly hasFolder?: boolean;
  readonly ending: Ending | null;
}

const seen: readonly Seen[] = [
  {
    what: "a child that is not heard of, whatever stands in its folder",
    job: { parent: UNHEARD },
    exit: {},
    ending: null,
  },
  {
    what: "a child that ended, by its result",
    job: { parent: child(0) },
    exit: { status: 3 },
    ending: exited(3),
  },
  {
    what: "a child that a signal took, by the result that it left before",
    job: { parent: child(null, "SIGKILL") },
    exit: {},
    ending: exited(0),
  },
  {
    what: "a child that a signal took without a result",
    job: { parent: child(null, "SIGKILL") },
    ending: { ...LOST, signal: "SIGKILL" },
  },
  {
    what: "a child that ended with 0 and could not write it down",
    job: { parent: child(0) },
    ending: exited(0),
  },
  {
    what: "a child that failed before it began anything",
    job: { parent: child(2) },
    ending: LOST,
  },
  {
    what: "a child that failed after its job had begun",
    job: { parent: child(2), main: DEAD },
    ending: exited(2),
  },
  {
    what: "a child whose job removed its folder",
    job: { parent: child(2) },
    hasFolder: false,
    ending: exited(2),
  },
  {
    what: "a watched process that lives, beside a forged result",
    job: { leader: ALIVE },
    exit: {},
    ending: null,
  },
  { what: "a watched process that is gone, by its result", exit: { status: 3 }, ending: exited(3) },
  { what: "a watched process that is gone without a result", ending: LOST },
  {
    what: "a watched process whose pid is taken again",
    job: { leader: { ...ALIVE, startTime: "1" } },
    ending: LOST,
  },
  { what: "a process that is not known at all", job: { leader: null }, ending: LOST },
  { what: "a process beside the result of another attempt", exit: { token: "of another" }, ending: LOST },
];

describe("observeEnds() judges", () => {
  test.each(seen.map((one) => [one.what, one] as const))("%s", async (_what, one) => {
    await using rig = new JobsRig();
    const { task, job } = rig.run(runningHere(aTask()), one.job);
    if (one.exit !== undefined) rig.writeExit(task, { ...one.exit, afterMs: 50 });
    if (one.hasFolder === false) rmSync(job.directory, { recursive: true });
    observeEnds(rig.supervisor);
    expect(endOf(job)?.ending ?? null).toEqual(one.ending);
    if (one.exit !== undefined && one.ending?.type === "exited")
      expect(endOf(job)?.endedAtMs).toBe(NOW_MS + 50);
  });

  test("a job that has ended no second time", async () => {
    await using rig = new JobsRig();
    const { task, job } = rig.ended(runningHere(aTask()), { ending: killedBy("SIGKILL"), endedAtMs: NOW_MS });
    rig.writeExit(task, {});
    observeEnds(rig.supervisor);
    expect(endOf(job)?.ending).toEqual(killedBy("SIGKILL"));
  });

  test("no job whose task is gone", async () => {
    await using rig = new JobsRig();
    const { task } = rig.run(runningHere(aTask()));
    rig.supervisor.queue.remove(task.metadata.id);
    expect(observeEnds(rig.supervisor)).toEqual([]);
    expect(rig.supervisor.jobs.size).toBe(0);
  });

  test.each([
    ["that ran nothing is judged without the runner", child(null, NEVER_BEGAN), undefined, false],
    ["that began the job is judged by the runner", child(null, NEVER_BEGAN), DEAD, true],
    ["that another signal took is judged by the runner", child(null, "SIGKILL"), undefined, true],
  ] as const)("the recording parent of a container %s", async (_what, parent, main, isAsked) => {
    await using rig = new JobsRig();
    const task = claimedHere(aTask({ spec: specOf("container") }));
    const { job } = rig.run(task, { parent, ...(main !== undefined && { main }) });
    const observe = spyOn(containerRunner, "observe").mockReturnValue();
    observeEnds(rig.supervisor);
    expect(observe).toHaveBeenCalledTimes(isAsked ? 1 : 0);
    expect(endOf(job)?.ending ?? null).toEqual(isAsked ? null : { ...LOST, signal: NEVER_BEGAN });
  });
});

interface Decision {
  readonly what: string;
  readonly ending: Ending;
  readonly change?: (task: Task) => Task;
  /** Set on the wall clock once the job has ended. */
  readonly jumpMs?: number;
  readonly isUndecided: boolean;
}

const decisions: readonly Decision[] = [
  { what: "a success after a TERM, a second later", ending: exited(0, true), isUndecided: true },
  {
    what: "the same where the clock is a little behind, a second later",
    ending: exited(0, true),
    jumpMs: -500,
    isUndecided: true,
  },
  {
    what: "the same where the clock was set back, at once",
    ending: exited(0, true),
    jumpMs: -5_000,
    isUndecided: false,
  },
  { what: "a success, at once", ending: exited(0), isUndecided: false },
  { what: "a failure after a TERM, at once", ending: exited(3, true), isUndecided: false },
  {
    what: "a success after a TERM of ours, at once",
    ending: exited(0, true),
    change: (task) => stopRequested(task, aStop()),
    isUndecided: false,
  },
];

describe("finishJobs() records", () => {
  test.each(decisions.map((one) => [one.what, one] as const))("%s", async (_what, one) => {
    await using rig = new JobsRig();
    const { change = (task) => task, jumpMs = 0, ending } = one;
    const { task } = rig.ended(change(runningHere(aTask())), { ending, endedAtMs: NOW_MS });
    rig.clock.jump(jumpMs);
    const isOpen = (): boolean => rig.supervisor.jobs.has(task.metadata.id);
    expect(finishJobs(rig.supervisor)).toBe(one.isUndecided ? 100 : null);
    expect(isOpen()).toBe(one.isUndecided);
    if (!one.isUndecided) return;
    rig.clock.advance(999 - jumpMs);
    finishJobs(rig.supervisor);
    expect(isOpen()).toBe(true);
    rig.clock.advance(1);
    finishJobs(rig.supervisor);
    expect(isOpen()).toBe(false);
  });
});

test.each([
  ["the supervisor leaves too", exited(0, true), "leave", 0, true],
  ["the supervisor before this one was told as well", exited(0, true), null, -1, true],
  ["the supervisor stays", exited(0, true), null, 0, false],
  ["the supervisor drains", exited(0, true), "drain", 0, false],
  ["the supervisor leaves, and the job had no TERM", exited(0), "leave", 0, false],
  ["the supervisor leaves, and the job is lost", LOST, "leave", 0, false],
] as const)("wasStopping() where %s", async (_what, ending, leaving, sinceMs, is) => {
  await using rig = new JobsRig();
  const { job } = rig.ended(runningHere(aTask()), { ending, endedAtMs: NOW_MS + sinceMs });
  rig.supervisor.leaving = leaving;
  expect(rig.supervisor.context.lock.owner.since).toBe(at());
  expect(wasStopping(rig.supervisor, job)).toBe(is);
});
