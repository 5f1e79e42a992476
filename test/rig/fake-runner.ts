import { mock, spyOn } from "bun:test";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endJob, type Job } from "../../src/daemon/jobs/job.ts";
import { containerRunner } from "../../src/daemon/jobs/runners/container.ts";
import type { Launching, Runner, TaskJob } from "../../src/daemon/jobs/runners/runner.ts";
import { subprocessRunner } from "../../src/daemon/jobs/runners/subprocess.ts";
import { bootId, type ProcessIdentity, startTimeOf } from "../../src/lib/host.ts";
import { ok, type Result } from "../../src/lib/result.ts";
import type { Kind } from "../../src/model/kind.ts";
import { claimed, started } from "../../src/model/lifecycle.ts";
import type { Spec } from "../../src/model/spec.ts";
import { openAttempt, type Task } from "../../src/model/task.ts";
import type { Launched, NotStarted, RecordingParentEnd } from "../../src/run/launch.ts";
import type { ProcessEntry } from "../../src/run/process-table.ts";
import { ProcessTracker } from "../../src/run/process-tracker.ts";
import { fakeClock } from "./clock.ts";
import { holderOf } from "./holder.ts";
import { aSpec, at, NOW_MS } from "./tasks.ts";
import { TempHome } from "./temp-home.ts";

/** Larger than any pid that Linux gives out (proc_sys_kernel(5), pid_max). */
export const DEAD: ProcessIdentity = { pid: 4_194_305, startTime: "777" };
/** The process of the tests: alive, and nothing is sent to it. */
export const ALIVE: ProcessIdentity = { pid: process.pid, startTime: startTimeOf(process.pid) ?? "" };

/** A process that is in the fake table alone, with the STINT_TOKEN of its environment. */
interface FakeProcess extends ProcessEntry {
  readonly token: string;
}

/** No process is in this tree. */
const EMPTY_TREE = { leader: null, token: "of no attempt" };

const A_CONTAINER: Kind = {
  type: "container",
  mode: { type: "image", args: [] },
  cwd: "/",
  env: {},
  environment: { policy: "clear" },
  failOnNonZero: true,
  container: {
    image: "busybox",
    volumes: [],
    network: "none",
    pull: "never",
    pullTimeoutMs: 1_000,
    unsafe: [],
  },
};

/** The kind of a job that does nothing. */
export const KINDS: Readonly<Record<Kind["type"], Kind>> = {
  subprocess: aSpec().kind,
  container: A_CONTAINER,
};

/**
 * A supervisor over a home of its own, whose runners start no process and signal none: they note what they are asked for. The
 * processes of its jobs are those of `processes`, and the machine has no control groups.
 */
export class JobsRig implements AsyncDisposable {
  readonly home = new TempHome();
  readonly clock = fakeClock();
  readonly log: string[] = [];
  readonly environment: Record<string, string> = {};
  readonly supervisor = holderOf(this.home.layout, this.clock, {
    environment: this.environment,
    limitBackend: () => ({ type: "none", controllers: [], why: "", own: null }),
    log: (line) => this.log.push(line),
  });
  /** Task ids in the order of their launches. */
  readonly launched: string[] = [];
  /** Signals in the order in which they were sent. */
  readonly signals: string[] = [];
  /** Of attempts whose remains were removed. */
  readonly cleaned: string[] = [];
  /** Ids of jobs whose processes were stopped. */
  readonly stopped: string[] = [];
  /** What a launch answers; by default, it succeeds. */
  onLaunch: (launching: Launching) => Result<Launched, NotStarted> = () => ok(aLaunch());
  /** The processes that a look finds. */
  processes: FakeProcess[] = [];

  constructor() {
    const source = {
      pidMark: () => null,
      allPids: () => this.processes.map(({ pid }) => pid),
      processEntry: (pid: number) => this.processes.find((one) => one.pid === pid) ?? null,
      now: () => 0,
      tokensOf: (pid: number) => this.processes.filter((one) => one.pid === pid).map(({ token }) => token),
    };
    Object.defineProperty(this.supervisor.jobs, "processes", { value: new ProcessTracker(source) });
    for (const runner of [subprocessRunner, containerRunner] as Runner[]) {
      spyOn(runner, "launch").mockImplementation((_, launching) => {
        this.launched.push(launching.task.metadata.id);
        return this.onLaunch(launching);
      });
      spyOn(runner, "signal").mockImplementation((_, { signal, to }) => {
        this.signals.push(to === undefined ? signal : `${signal} to ${to}`);
        return [];
      });
      spyOn(runner, "pauseTree").mockImplementation(({ id }) => {
        this.stopped.push(id);
        return EMPTY_TREE;
      });
      spyOn(runner, "cleanup").mockImplementation((_, { token }) => this.cleaned.push(token));
    }
  }

  /** A task that is on disk and in the queue. */
  add(task: Task): Task {
    this.home.put(task);
    this.supervisor.queue.upsert(task);
    return task;
  }

  /** The task as the queue has it now. */
  now({ metadata: { id } }: Task): Task {
    const task = this.supervisor.queue.tasks.get(id);
    if (task === undefined) throw new Error(`${id} is not in the queue`);
    return task;
  }

  /** The job of a task with an open attempt, which has run since `NOW_MS`; its process is gone. */
  jobOf(task: Task, change: Partial<Job> = {}): Job {
    const job: Job = {
      id: task.metadata.id,
      attempt: 1,
      token: openAttempt(task)?.token ?? "",
      directory: this.folderOf(task),
      limits: null,
      groups: [],
      leader: DEAD,
      parent: { type: "watched" },
      startedAtMs: NOW_MS,
      startedAwakeMs: 0,
      phase: { type: "running" },
      ...change,
    };
    this.supervisor.jobs.set(job.id, job);
    return job;
  }

  /** The same with its task, which is running as it is added. */
  run(task: Task, change: Partial<Job> = {}): TaskJob {
    return { task: this.add(task), job: this.jobOf(task, change) };
  }

  /** The same once the job has ended. */
  ended(task: Task, end: Parameters<typeof endJob>[1], change: Partial<Job> = {}): TaskJob {
    const ran = this.run(task, change);
    endJob(ran.job, end);
    return ran;
  }

  /** The folder of a task's first attempt, which is made. */
  folderOf({ metadata: { id } }: Task): string {
    const directory = this.home.layout.attempt(id, 1);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return directory;
  }

  /** Writes what a recording parent notes of an exit, so many ms after `NOW_MS`. */
  writeExit(
    task: Task,
    exit: { status?: number; sawTerm?: boolean; token?: string; afterMs?: number },
  ): void {
    const { status = 0, sawTerm = false, token = openAttempt(task)?.token, afterMs = 0 } = exit;
    const path = join(this.folderOf(task), "exit.json");
    const rest = `"signalled":false,"sawTerm":${sawTerm},"token":"${token}"`;
    writeFileSync(path, `{"status":${status},${rest}}\n`);
    const seconds = (NOW_MS + afterMs) / 1_000;
    utimesSync(path, seconds, seconds);
  }

  /** Writes what a recording parent notes before it runs the job. */
  writeStart(task: Task, leader: ProcessIdentity, boot = bootId()): void {
    const path = join(this.folderOf(task), "start");
    writeFileSync(path, `${leader.pid}\n${boot}\n${statOf(leader)}\n\n${statOf(leader)}\n\n`);
    utimesSync(path, NOW_MS / 1_000, NOW_MS / 1_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    mock.restore();
    this.supervisor[Symbol.dispose]();
    await this.home[Symbol.asyncDispose]();
  }
}

/** The task with an attempt that this boot opened, and no process of it on record. */
export function claimedHere(task: Task, hostBootId = bootId(), devices: readonly string[] = []): Task {
  const token = `token-${task.metadata.number}`;
  return claimed(task, { token, supervisor: "here:1", hostBootId, claimedAt: at(), devices });
}

/** The same with its process on record. */
export function runningHere(task: Task, leader = DEAD): Task {
  return started(claimedHere(task), { process: leader, startedAt: at(), startedAwakeMs: 0 });
}

/** A launch that succeeded; its end comes when the promise says so. */
export function aLaunch(
  leader = DEAD,
  ended: Promise<RecordingParentEnd> = Promise.withResolvers<RecordingParentEnd>().promise,
): Launched {
  return { process: leader, ended, letGo: () => {} };
}

/** A process of the session of an attempt's leader, so many pids behind it. */
export function aProcess(behind: number, token: string, leader = DEAD): FakeProcess {
  const own = { pid: leader.pid + behind, parent: 1, startTime: leader.startTime, token };
  return { ...own, group: leader.pid, session: leader.pid, isZombie: false, isKernel: false };
}

/** A spec that runs such a kind. */
export function specOf(type: Kind["type"], change: Partial<Spec> = {}): Partial<Spec> {
  return { kind: KINDS[type], ...change };
}

/** A line of /proc/PID/stat. */
function statOf({ pid, startTime }: ProcessIdentity): string {
  return `${pid} (job) S ${"0 ".repeat(18)}${startTime} 0`;
}
