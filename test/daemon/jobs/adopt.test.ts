import { describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { adoptJobs, adoptLeft } from "../../../src/daemon/jobs/adopt.ts";
import type { Job } from "../../../src/daemon/jobs/job.ts";
import { bootId, type ProcessIdentity } from "../../../src/lib/host.ts";
import { paused, resumed, stopRequested } from "../../../src/model/lifecycle.ts";
import type { Task } from "../../../src/model/task.ts";
import { refusedAt } from "../../rig/crash.ts";
import { adoptDevices, withDevices } from "../../rig/device-pool.ts";
import { ALIVE, claimedHere, DEAD, JobsRig, runningHere } from "../../rig/fake-runner.ts";
import { aStop, aTask, at, exited, lastEnded, NOW_MS } from "../../rig/tasks.ts";

const OTHER_BOOT = "another boot";
const EXITED = { type: "ended", end: { ending: exited(3), endedAtMs: NOW_MS + 50 } } as Job["phase"];

interface Left {
  readonly what: string;
  readonly task?: Task;
  /** Whom the recording parent noted, and in which boot; absent for no start on record. */
  readonly start?: { readonly leader: ProcessIdentity; readonly boot?: string } | "torn";
  readonly hasResult?: boolean;
  readonly job: Partial<Pick<Job, "leader" | "main" | "phase">>;
}

const RUNNING = { type: "running" } as const;
const left: readonly Left[] = [
  {
    what: "whose leader is alive",
    start: { leader: ALIVE },
    job: { leader: ALIVE, main: ALIVE, phase: RUNNING },
  },
  {
    what: "whose leader is alive, beside a result that may be forged",
    start: { leader: ALIVE },
    hasResult: true,
    job: { leader: ALIVE, main: ALIVE, phase: RUNNING },
  },
  {
    what: "whose leader is gone, with its result",
    start: { leader: DEAD },
    hasResult: true,
    job: { leader: DEAD, main: DEAD, phase: EXITED },
  },
  {
    what: "whose leader is gone without a result",
    start: { leader: DEAD },
    job: { leader: DEAD, main: DEAD, phase: RUNNING },
  },
  {
    what: "of another boot, though its pid is taken again",
    start: { leader: ALIVE, boot: OTHER_BOOT },
    job: { leader: null, phase: RUNNING },
  },
  {
    what: "of another boot with its result",
    start: { leader: ALIVE, boot: OTHER_BOOT },
    hasResult: true,
    job: { leader: null, phase: EXITED },
  },
  {
    what: "whose folder is gone and whose process is on record",
    task: runningHere(aTask(), ALIVE),
    job: { leader: ALIVE, phase: RUNNING },
  },
  {
    what: "whose start file is torn and whose process is on record",
    task: runningHere(aTask(), ALIVE),
    start: "torn",
    job: { leader: ALIVE, phase: RUNNING },
  },
  {
    what: "whose start file is torn",
    start: "torn",
    job: { leader: null, phase: RUNNING },
  },
  {
    what: "whose result alone is left of its folder",
    hasResult: true,
    job: { leader: null, phase: EXITED },
  },
];

describe("an attempt that was begun becomes a job:", () => {
  test.each(left.map((one) => [one.what, one] as const))("one %s", async (_what, one) => {
    await using rig = new JobsRig();
    const task = rig.add(one.task ?? claimedHere(aTask()));
    const { start } = one;
    if (start === "torn") writeFileSync(join(rig.folderOf(task), "start"), "123");
    else if (start !== undefined) rig.writeStart(task, start.leader, start.boot);
    if (one.hasResult === true) rig.writeExit(task, { status: 3, afterMs: 50 });
    adoptJobs(rig.supervisor, [task]);
    const job = rig.supervisor.jobs.get(task.metadata.id);
    expect(job).toMatchObject({ ...one.job, token: "token-1", parent: { type: "watched" } });
    // Only of this boot: a pid of another one is that of a stranger.
    expect(job?.main).toEqual(one.job.main);
    expect(rig.now(task)).toEqual(task);
  });
});

test.each([
  ["goes on, its grace too", "main 500\n", { signal: "SIGTERM", to: "main", atAwakeMs: 500 }],
  ["with a signal to all goes on", "all 1000\n", { signal: "SIGTERM", atAwakeMs: 1_000 }],
  ["begins again where its note is from the future", "main 1001\n", null],
  ["begins again where its note is torn", "main 5", null],
] as const)("a stop that was begun %s", async (_what, note, sent) => {
  await using rig = new JobsRig();
  rig.clock.advance(1_000);
  const task = rig.add(stopRequested(runningHere(aTask(), ALIVE), aStop()));
  rig.writeStart(task, ALIVE);
  writeFileSync(join(rig.folderOf(task), "stop-sent"), note);
  adoptJobs(rig.supervisor, [task]);
  const phase = sent === null ? RUNNING : { type: "stopping", sent };
  expect(rig.supervisor.jobs.get(task.metadata.id)?.phase).toEqual(phase as Job["phase"]);
});

interface Unstarted {
  readonly what: string;
  readonly boot: string;
  readonly hasFolder: boolean;
  readonly status: object;
}

const AT_ONCE = { state: "queued", reason: "Orphaned", retryAt: undefined };
const unstarted: readonly Unstarted[] = [
  { what: "without a folder is queued at once", boot: bootId(), hasFolder: false, status: AT_ONCE },
  { what: "of another boot is queued at once", boot: OTHER_BOOT, hasFolder: true, status: AT_ONCE },
  {
    what: "that its supervisor began to start is queued behind the others",
    boot: bootId(),
    hasFolder: true,
    status: { ...AT_ONCE, retryAt: at(5_000) },
  },
];

describe("an attempt that never started", () => {
  test.each(unstarted.map((one) => [one.what, one] as const))(
    "%s, and is not counted",
    async (_what, one) => {
      await using rig = new JobsRig();
      const task = rig.add(claimedHere(aTask(), one.boot));
      if (one.hasFolder) rig.folderOf(task);
      adoptJobs(rig.supervisor, [task]);
      const { status } = rig.now(task);
      expect({ retryAt: undefined, ...status }).toMatchObject(one.status);
      expect(status).toMatchObject({ orphanCount: 0, consecutiveFailures: 0 });
      expect(lastEnded(rig.now(task))).toMatchObject({
        state: "orphaned",
        failure: { code: "STALE_WORKER" },
      });
      expect(rig.supervisor.jobs.size).toBe(0);
      expect(rig.supervisor.jobs.requeued).toEqual([{ id: task.metadata.id, claimedAtMs: NOW_MS }]);
      // A recording parent that comes later finds the start taken.
      expect(await Bun.file(join(rig.folderOf(task), "start")).text()).toBe("seized\n");
    },
  );

  test("is queued also where the supervisor that had seized its start was killed", async () => {
    await using rig = new JobsRig();
    const task = rig.add(claimedHere(aTask()));
    writeFileSync(join(rig.folderOf(task), "start"), "seized\n");
    adoptJobs(rig.supervisor, [task]);
    expect(rig.now(task).status).toMatchObject({ state: "queued", reason: "Orphaned", orphanCount: 0 });
  });
});

describe("an attempt whose folder the system does not let be read", () => {
  test("is left alone, holds up no other, and is adopted once it can be read", async () => {
    await using rig = new JobsRig();
    const [bad, good] = [1, 2].map((number) => rig.add(claimedHere(aTask({ number })))) as [Task, Task];
    for (const task of [bad, good]) rig.writeStart(task, DEAD);
    refusedAt("adopt:decided", "EIO", () => adoptJobs(rig.supervisor, [bad]));
    adoptJobs(rig.supervisor, [good]);
    expect([...rig.supervisor.jobs.keys()]).toEqual([good.metadata.id]);
    expect([...rig.supervisor.jobs.unadopted]).toEqual([bad.metadata.id]);
    expect(rig.now(bad)).toEqual(bad);
    refusedAt("adopt:decided", "EIO", () => adoptLeft(rig.supervisor));
    expect([...rig.supervisor.jobs.unadopted]).toEqual([bad.metadata.id]);
    expect(rig.log.filter((line) => line.includes("left alone"))).toHaveLength(1);
    adoptLeft(rig.supervisor);
    expect([...rig.supervisor.jobs.keys()]).toEqual([good.metadata.id, bad.metadata.id]);
    expect(rig.supervisor.jobs.unadopted.size).toBe(0);
  });

  test("is forgotten where its task ended meanwhile", async () => {
    await using rig = new JobsRig();
    const task = rig.add(claimedHere(aTask()));
    refusedAt("adopt:decided", "EIO", () => adoptJobs(rig.supervisor, [task]));
    rig.supervisor.queue.remove(task.metadata.id);
    adoptLeft(rig.supervisor);
    expect([rig.supervisor.jobs.size, rig.supervisor.jobs.unadopted.size]).toEqual([0, 0]);
  });

  test.each([
    ["the disk is full", "ENOSPC", () => {}],
    [
      "runs/ is no folder",
      "EIO",
      ({ home }: JobsRig) => {
        rmSync(home.layout.runs, { recursive: true });
        writeFileSync(home.layout.runs, "in the way");
      },
    ],
  ])("stops the start where %s, which is a fault of all", async (_what, errno, under) => {
    await using rig = new JobsRig();
    const task = rig.add(claimedHere(aTask()));
    under(rig);
    expect(() => refusedAt("adopt:decided", errno, () => adoptJobs(rig.supervisor, [task]))).toThrow();
    expect(rig.supervisor.jobs.unadopted.size).toBe(0);
  });
});

test("a task that this supervisor started keeps its job where its record is recovered afterwards", async () => {
  await using rig = new JobsRig();
  const { task, job } = rig.run(claimedHere(aTask()), {
    parent: { type: "child", end: null, isMissing: false },
  });
  adoptJobs(rig.supervisor, [task]);
  expect(rig.supervisor.jobs.get(task.metadata.id)).toBe(job);
  expect(rig.now(task)).toEqual(task);
});

test("the devices of a job whose record could not be read stay its own until all records are read", async () => {
  await using rig = new JobsRig();
  const holding = withDevices(rig);
  const task = claimedHere(aTask(), bootId(), ["GPU-0"]);
  adoptDevices(rig, [task]);
  const { unread } = rig.supervisor.queue.arrivals;
  unread.set(task.metadata.id, "EIO");
  rig.supervisor.devices?.adopt(rig.supervisor.queue);
  expect(holding()).toEqual(["token-1"]);
  unread.clear();
  rig.supervisor.devices?.adopt(rig.supervisor.queue);
  expect(holding()).toEqual([]);
});

const PAUSE = { at: at(), awakeMs: 0, actor: "ada" };

interface Pausing {
  readonly what: string;
  readonly change: (task: Task) => Task;
  readonly isReleased?: boolean;
  readonly isStopped: boolean;
  readonly isHeld: boolean;
}

const pausing: readonly Pausing[] = [
  {
    what: "stands still again where its pause is on record",
    change: (task) => paused(task, PAUSE),
    isStopped: true,
    isHeld: true,
  },
  {
    what: "gives its devices back again where its pause releases them",
    change: (task) => paused(task, { ...PAUSE, releases: true }),
    isReleased: true,
    isStopped: true,
    isHeld: false,
  },
  {
    what: "has its devices again where its resumption is on record",
    change: (task) => resumed(paused(task, PAUSE), 500),
    isStopped: false,
    isHeld: true,
  },
  {
    what: "is seen to its end where a stop came after its pause",
    change: (task) => stopRequested(paused(task, PAUSE), aStop()),
    isStopped: false,
    isHeld: false,
  },
  {
    what: "is left as it is where it was never paused",
    change: (task) => task,
    isStopped: false,
    isHeld: false,
  },
];

describe("a job that is adopted", () => {
  test.each(pausing.map((one) => [one.what, one] as const))("%s", async (_what, one) => {
    await using rig = new JobsRig();
    const holding = withDevices(rig);
    const claim = claimedHere(aTask(), bootId(), ["GPU-0"]);
    const task = rig.add(one.change(claim));
    const { isReleased = false } = one;
    if (isReleased) adoptDevices(rig, [claim]);
    rig.writeStart(task, DEAD);
    adoptJobs(rig.supervisor, [task]);
    expect(rig.stopped).toEqual(one.isStopped ? [task.metadata.id] : []);
    expect(holding()).toEqual(one.isHeld ? ["token-1"] : []);
    // What is released is probed before it is given to others.
    expect([...rig.supervisor.machine.awaitingProbe]).toEqual(isReleased ? ["GPU-0"] : []);
  });
});
