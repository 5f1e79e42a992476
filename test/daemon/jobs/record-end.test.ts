import { describe, expect, spyOn, test } from "bun:test";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finishJobs } from "../../../src/daemon/jobs/finish.ts";
import type { Job } from "../../../src/daemon/jobs/job.ts";
import { endChange, recordEnds } from "../../../src/daemon/jobs/record-end.ts";
import { bootId } from "../../../src/lib/host.ts";
import type { EndedAttempt } from "../../../src/model/attempt.ts";
import type { Ending } from "../../../src/model/evidence.ts";
import { started, stopRequested } from "../../../src/model/lifecycle.ts";
import type { Task } from "../../../src/model/task.ts";
import { NEVER_BEGAN } from "../../../src/run/launch.ts";
import { keepEnvironment } from "../../../src/store/environments.ts";
import { keepSecrets } from "../../../src/store/kept-secrets.ts";
import type { Committed } from "../../../src/store/writer.ts";
import { adoptDevices, withDevices } from "../../rig/device-pool.ts";
import {
  ALIVE,
  aProcess,
  claimedHere,
  DEAD,
  JobsRig,
  KINDS,
  runningHere,
  specOf,
} from "../../rig/fake-runner.ts";
import { aStop, aTask, at, exited, LOST, lastEnded, NOW_MS } from "../../rig/tasks.ts";

const end = (ending: Ending, afterMs = 5_000) => ({ ending, endedAtMs: NOW_MS + afterMs });

/** The attempt as it is recorded once its job has failed with such a log; an adopted job has no `secrets`. */
function recorded(
  rig: JobsRig,
  task: Task,
  { log, secrets }: { log: string; secrets?: Secrets },
): EndedAttempt {
  writeFileSync(join(rig.folderOf(task), "output.log"), log);
  const ran = rig.ended(task, end(exited(3)), secrets === undefined ? {} : { secrets });
  const change = endChange(rig.supervisor, { ...ran, limitsEnd: { oomKilled: false } });
  return lastEnded(change.after);
}

type Secrets = NonNullable<Job["secrets"]>;

const [OLD, NEW, ENV, KEPT] = ["old-swordfish", "new-swordfish", "env-swordfish", "kept-swordfish"] as const;
const LOG = `${[OLD, NEW, ENV, KEPT].join("\n")}\n`;
const hidden = (...values: string[]): string =>
  [OLD, NEW, ENV, KEPT].map((value) => (values.includes(value) ? "***" : value)).join("\n");

interface Secret {
  readonly what: string;
  /** What the job was given at its start; absent for an adopted job. */
  readonly given?: Secrets;
  readonly hasFile: boolean;
  readonly tail: string;
}

const secrets: readonly Secret[] = [
  {
    what: "those of a job without sources, as it was given them",
    given: [OLD],
    hasFile: false,
    tail: hidden(OLD),
  },
  {
    what: "those of a job with a file, as it was given them, as they are now, and those that were kept",
    given: [OLD],
    hasFile: true,
    tail: hidden(OLD, NEW, ENV, KEPT),
  },
  {
    what: "those of an adopted job, as they are now and as they were kept",
    hasFile: false,
    tail: hidden(ENV, KEPT),
  },
];

describe("the tail of a log that is recorded hides", () => {
  test.each(secrets.map((one) => [one.what, one] as const))("%s", async (_what, { given, hasFile, tail }) => {
    await using rig = new JobsRig();
    const file = join(rig.home.path, "variables");
    writeFileSync(file, `NAME=${NEW}\n`, { mode: 0o600 });
    const environment = keepEnvironment(rig.home.layout, { API_TOKEN: ENV }, NOW_MS);
    const kind = { ...KINDS.subprocess, ...(hasFile && { envFrom: [{ file }] }) };
    const task = runningHere(aTask({ spec: { kind }, metadata: { environment } }));
    keepSecrets(rig.home.layout, task.metadata.id, [KEPT]);
    const { logTail } = recorded(rig, task, { log: LOG, ...(given !== undefined && { secrets: given }) });
    expect(logTail).toBe(tail);
  });
});

test("a log is capped before its size and its tail are recorded", async () => {
  await using rig = new JobsRig();
  const maxBytes = 4_096;
  const task = runningHere(aTask({ spec: { logs: { separate: false, maxBytes } } }));
  const log = `first\n${"x".repeat(20_000)}\nlast\n`;
  const { logBytes, logBytesCut = 0, logTail = "" } = recorded(rig, task, { log });
  const { size } = statSync(join(rig.folderOf(task), "output.log"));
  expect(size).toBeLessThanOrEqual(maxBytes);
  expect(logBytes).toBe(size);
  expect(logTail).toContain(`[stint: ${logBytesCut} bytes were cut here]`);
  expect(logBytesCut).toBeGreaterThan(log.length - maxBytes);
});

/** Ends a job in a round over all jobs; gives its attempt as it is on record then. */
function finished(rig: JobsRig): EndedAttempt | null {
  const commit = spyOn(rig.supervisor.committer, "commit");
  finishJobs(rig.supervisor);
  const [result] = commit.mock.results.flatMap(({ value }) => value as Committed[]).map((one) => one.result);
  return result?.ok === true ? lastEnded(result.value) : null;
}

test("processes that a job left are told to end and counted once, and the end waits until they are gone", async () => {
  await using rig = new JobsRig();
  const { task, job } = rig.run(runningHere(aTask()));
  rig.writeExit(task, { status: 3, afterMs: 50 });
  for (const found of [[1, 2], [2], [2, 3, 4], [4]]) {
    rig.processes = found.map((behind) => aProcess(behind, job.token));
    finishJobs(rig.supervisor);
    expect(rig.now(task).status.state).toBe("running");
  }
  expect(rig.signals).toEqual(["SIGTERM"]);
  rig.processes = [];
  expect(finished(rig)?.leftBehind).toBe(3);
  expect(rig.supervisor.jobs.size).toBe(0);
});

test.each<[string, Partial<Task["spec"]>, Ending, (task: Task) => Task]>([
  ["a job that was told to end", {}, exited(143, true), (task) => stopRequested(task, aStop())],
  ["a job that is lost", {}, LOST, (task) => task],
  ["a container, whose commands they are", specOf("container"), exited(3), (task) => task],
])("processes that are left of %s are not counted", async (_what, spec, ending, change) => {
  await using rig = new JobsRig();
  const { job } = rig.ended(change(runningHere(aTask({ spec }))), end(ending));
  rig.processes = [aProcess(1, job.token)];
  finishJobs(rig.supervisor);
  rig.processes = [];
  expect(finished(rig)).not.toBeNull();
  expect(job.phase).toMatchObject({ leftBehind: 0 });
});

const notRun = (
  code: "RUNTIME_ERROR" | "INVALID_SPEC" | "DATA_UNREACHABLE",
  isRefused: boolean,
): Partial<Job> => {
  const ending = { type: "notStarted", code, error: "Cannot start it" } as const;
  const rest = { sent: null, leftBehind: 0, groupRefusals: 0 };
  return { leader: null, phase: { type: "unstarted", isRefused, end: end(ending), ...rest } };
};
const NEVER_BEGUN: Partial<Job> = {
  parent: { type: "child", end: { exitCode: null, signal: NEVER_BEGAN }, isMissing: false },
  phase: {
    type: "ended",
    end: end({ ...LOST, signal: NEVER_BEGAN }),
    sent: null,
    leftBehind: 0,
    groupRefusals: 0,
  },
};
const UNCOUNTED = { orphanCount: 0, consecutiveFailures: 0 };

interface NotRun {
  readonly what: string;
  readonly job: Partial<Job>;
  readonly isStopped?: boolean;
  readonly status: Readonly<Record<string, unknown>>;
}

const notRuns: readonly NotRun[] = [
  {
    what: "a start that the system had no room for is queued at once and not counted",
    job: notRun("RUNTIME_ERROR", true),
    status: { state: "queued", reason: "Orphaned", retryAt: undefined, ...UNCOUNTED },
  },
  {
    what: "the same of a task that was cancelled meanwhile is its end",
    job: notRun("RUNTIME_ERROR", true),
    isStopped: true,
    status: { state: "cancelled", reason: "User" },
  },
  {
    what: "a start whose note found no room is queued for ten seconds later and not counted",
    job: NEVER_BEGUN,
    status: { state: "queued", reason: "Orphaned", retryAt: at(15_000), ...UNCOUNTED },
  },
  {
    what: "the same of a task that was cancelled meanwhile, too, is its end",
    job: NEVER_BEGUN,
    isStopped: true,
    status: { state: "cancelled", reason: "User" },
  },
  {
    what: "a start that failed is a failure",
    job: notRun("RUNTIME_ERROR", false),
    status: { state: "queued", reason: "Backoff", consecutiveFailures: 1 },
  },
  {
    what: "a start that can never succeed is the end",
    job: notRun("INVALID_SPEC", false),
    status: { state: "failed", reason: "InvalidSpec" },
  },
];

describe("endChange()", () => {
  test.each(notRuns.map((one) => [one.what, one] as const))("%s", async (_what, one) => {
    await using rig = new JobsRig();
    const retry = { ...aTask().spec.retry, max: 3 };
    const claim = claimedHere(aTask({ spec: { retry } }));
    const { task, job } = rig.run(one.isStopped === true ? stopRequested(claim, aStop()) : claim, one.job);
    const { after } = endChange(rig.supervisor, { task, job, limitsEnd: { oomKilled: false } });
    expect({ retryAt: undefined, ...after.status }).toMatchObject(one.status);
  });

  test("records the start of a job that was over before that was on record", async () => {
    await using rig = new JobsRig();
    const attempt = recorded(rig, claimedHere(aTask()), { log: "" });
    expect(attempt).toMatchObject({ process: DEAD, startedAt: at(), durationMs: 5_000, exitCode: 3 });
  });
});

/** Records the end of a job that holds a device. */
function recordEnd(rig: JobsRig, ending: Ending, { afterMs = 5_000, isRecordGone = false } = {}): Task {
  const claim = claimedHere(aTask(), bootId(), ["GPU-0"]);
  const ran = rig.ended(
    started(claim, { process: DEAD, startedAt: at(), startedAwakeMs: 0 }),
    end(ending, afterMs),
  );
  adoptDevices(rig, [ran.task]);
  if (isRecordGone) rmSync(rig.home.layout.record("running", ran.task.metadata.id));
  recordEnds(rig.supervisor, [endChange(rig.supervisor, { ...ran, limitsEnd: { oomKilled: false } })]);
  return ran.task;
}

describe("recordEnds()", () => {
  test.each([
    ["whose end is on record", {}],
    ["whose record was removed by hand", { isRecordGone: true }],
  ])("lets go of a job %s, and of its devices, once", async (_what, how) => {
    await using rig = new JobsRig();
    const holding = withDevices(rig);
    const release = rig.supervisor.devices === null ? null : spyOn(rig.supervisor.devices, "release");
    recordEnd(rig, exited(0), how);
    expect(release?.mock.calls).toEqual([["token-1", ["GPU-0"]]]);
    expect([holding(), rig.cleaned, rig.supervisor.jobs.size]).toEqual([[], ["token-1"], 0]);
  });

  test("keeps a job whose end the disk refuses, and its devices", async () => {
    await using rig = new JobsRig();
    const holding = withDevices(rig);
    rmSync(rig.home.layout.tmp, { recursive: true });
    recordEnd(rig, exited(0));
    expect([holding(), rig.cleaned, rig.supervisor.jobs.size]).toEqual([["token-1"], [], 1]);
    expect(rig.supervisor.committer.degraded).not.toBeNull();
  });

  test("keeps a job that comes to be on record as running, and its devices", async () => {
    await using rig = new JobsRig();
    const holding = withDevices(rig);
    const { task } = rig.run(claimedHere(aTask(), bootId(), ["GPU-0"]), { leader: ALIVE });
    adoptDevices(rig, [task]);
    rig.clock.advance(99);
    finishJobs(rig.supervisor);
    expect(rig.now(task).status.state).toBe("preparing");
    rig.clock.advance(1);
    finishJobs(rig.supervisor);
    expect(rig.now(task).status.state).toBe("running");
    expect([holding(), rig.cleaned, rig.supervisor.jobs.size]).toEqual([["token-1"], [], 1]);
  });

  test.each([
    ["pauses starts for a second after a TERM from outside", exited(1, true), 5_000, 1_000],
    ["does not where that came before this supervisor", exited(1, true), -1, 0],
    ["does not after a failure", exited(1), 5_000, 0],
  ] as const)("%s", async (_what, ending, afterMs, pausedUntilMs) => {
    await using rig = new JobsRig();
    recordEnd(rig, ending, { afterMs });
    expect(rig.supervisor.starts.pausedUntilMs).toBe(pausedUntilMs);
  });

  test.each([
    ["notes what lost its process and is queued again", LOST, true],
    ["does not note what failed", exited(3), false],
  ] as const)("%s", async (_what, ending, isNoted) => {
    await using rig = new JobsRig();
    const { metadata } = recordEnd(rig, ending);
    const noted = isNoted ? [{ id: metadata.id, claimedAtMs: NOW_MS }] : [];
    expect(rig.supervisor.jobs.requeued).toEqual(noted);
  });
});
