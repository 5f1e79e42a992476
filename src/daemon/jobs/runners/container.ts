import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, ownUserId } from "../../../lib/host.ts";
import type { Result } from "../../../lib/result.ts";
import { engineGroupFor } from "../../../machine/group.ts";
import { ATTEMPT_FILES } from "../../../model/attempt-files.ts";
import { type ContainerKind, containerOf, ENGINES, type Kind } from "../../../model/kind.ts";
import { openAttempt, type Task } from "../../../model/task.ts";
import { type ContainerOrder, containerName, findEngine } from "../../../run/container.ts";
import { removeContainer, sweepContainers } from "../../../run/container-removal.ts";
import { readEnding } from "../../../run/ending.ts";
import { type Launched, launch, launchRunner, type NotStarted } from "../../../run/launch.ts";
import { modifiedAt, readRunner } from "../../../run/records.ts";
import { survivorsOf } from "../../../run/tree.ts";
import type { Supervisor } from "../../supervisor.ts";
import { endJob, endOf, type Job, lastSignal } from "../job.ts";
import type { Launching, Runner, SignalOrder, TaskJob } from "./runner.ts";

/** A runner that cannot even begin is not tried faster than this. */
const RUNNER_AGAIN_MS = 1_000;

/** What the runners of a container are told, without what only the making of it needs. */
type LaterOrder = Omit<ContainerOrder, "devices" | "labels" | "checkpoint">;

/** No attempt has this token. */
const NO_TOKEN = "none";

/** A container of podman or docker. The engine enforces its limits but for memory, which our group above it holds: it tells who ran out. */
export const containerRunner: Runner = {
  isInImage: true,
  hasOwnGroup: false,
  countsLeftBehind: false,
  launch: launchContainer,
  placeGroup: ({ memoryBytes }, { backend, name }) => {
    const found = memoryBytes === undefined ? null : engineGroupFor(backend, name);
    return {
      group: found?.group ?? null,
      parentGroup: found?.parent ?? null,
      isScoped: false,
      ours: memoryBytes === undefined ? {} : { memoryBytes },
    };
  },
  observe: observeContainer,
  phase: containerPhase,
  signal: ({ task, job }, signal) => {
    if (signal === "SIGKILL") return [{ tree: job, signal }];
    // The runner passes a TERM on; the processes in the container would get it twice.
    const orders: SignalOrder[] = [{ tree: { leader: job.runner ?? job.leader, token: NO_TOKEN }, signal }];
    return openAttempt(task)?.paused === undefined ? orders : [...orders, { tree: job, signal: "SIGCONT" }];
  },
  overrideStop: (job) => {
    const [end, sent] = [endOf(job), lastSignal(job)];
    // What is left when the container is gone are commands of the engine.
    if (end !== null) return sent?.signal === "SIGKILL" ? null : "SIGKILL";
    // The runner that ends the container is a process of the attempt, too.
    return sent?.signal === "SIGKILL" ? "none" : null;
  },
  pauseRefusal: (supervisor, kind) => {
    // Those of docker are the superuser's, who alone may stop them.
    if (ownUserId() === 0) return null;
    const engine = engineOf(supervisor, kind);
    if (!engine.ok || engine.value.name !== "docker") return null;
    return { is: "its processes belong to docker", wanted: "those of this user (`docker pause` by hand)" };
  },
  // A command of the engine that was stopped would keep its locks, and hold up every container of the machine.
  pauseTree: (job) => ({
    ...job,
    sparedSessions: [job.leader, job.runner].flatMap((head) => head?.pid ?? []),
  }),
  cleanup: (supervisor, { kind, token }) => {
    const engine = engineOf(supervisor, kind);
    if (engine.ok) removeContainer(engine.value, containerName(token), supervisor.context.environment);
  },
};

function engineOf({ context }: Supervisor, kind: Kind): ReturnType<typeof findEngine> {
  return findEngine(containerOf(kind)?.engine, context.environment);
}

function launchContainer(
  supervisor: Supervisor,
  { task, order, parentGroup }: Launching,
): Result<Launched, NotStarted> {
  const { environment, layout } = supervisor.context;
  const { kind, limits, stopGraceMs } = task.spec;
  const attempt = openAttempt(task);
  if (kind.type !== "container" || attempt === null) throw new Error(`${task.metadata.id} is no container`);
  rememberEngine(supervisor, kind);
  const container = {
    kind,
    directory: order.directory,
    checkpoint: layout.checkpoint(task.metadata.id),
    token: attempt.token,
    labels: containerLabelsOf(supervisor, task),
    devices: supervisor.devices?.named(attempt.devices ?? []) ?? [],
    limits,
    graceMs: stopGraceMs,
    parentGroup,
    ownEnvironment: environment,
  };
  return launch({ ...order, container });
}

/**
 * The process that led a container's attempt is gone: its result is taken, or another runner follows the container on.
 * Nobody but a runner says that a container has ended, since each has asked the engine.
 */
function observeContainer(supervisor: Supervisor, { task, job }: TaskJob): void {
  const { clock, environment, log } = supervisor.context;
  const { kind } = task.spec;
  if (kind.type !== "container") throw new Error(`${job.id} is no container`);
  const runner = readRunner(job.directory);
  // One that is there without a note has not come to it yet, or found no room: a second would do all of it once more.
  const isThere =
    runner === null ? survivorsOf([job], supervisor.jobs.processes).flat().length > 0 : isAlive(runner);
  // Last of all: who was there a moment ago may have ended with a result.
  const end = readEnding(job, kind);
  if (end !== null) return endJob(job, end);
  if (runner !== null && runner.bootId !== supervisor.bootId) {
    const note = "the machine was restarted under the container";
    return endJob(job, { ending: { type: "lost", signal: null, note }, endedAtMs: clock.now() });
  }
  job.parent = { type: "watched" };
  if (isThere) {
    if (runner !== null) job.runner = { pid: runner.pid, startTime: runner.startTime };
    return;
  }
  const nowMs = clock.awakeMs();
  if (job.runnerAtAwakeMs !== undefined && nowMs - job.runnerAtAwakeMs < RUNNER_AGAIN_MS) return;
  const isFirst = job.runnerAtAwakeMs === undefined;
  job.runnerAtAwakeMs = nowMs;
  const order: LaterOrder = {
    kind,
    directory: job.directory,
    token: job.token,
    graceMs: openAttempt(task)?.stop?.graceMs ?? task.spec.stopGraceMs,
    limits: undefined,
    parentGroup: null,
    ownEnvironment: environment,
  };
  const sent = lastSignal(job);
  const mode = sent === null ? "follow" : sent.signal === "SIGTERM" ? "stop" : "kill";
  const launched = launchRunner(order, { mode, separateLogs: task.spec.logs.separate });
  if (launched.ok) job.runner = launched.value;
  else if (isFirst) log(`${job.id}: its container cannot be looked after: ${launched.error}`);
}

/** How far a container is that has not come to be on record as running. */
function containerPhase(job: Job): ReturnType<Runner["phase"]> {
  const madeAtMs = modifiedAt(join(job.directory, ATTEMPT_FILES.containerId));
  if (madeAtMs !== null) {
    // A timeout counts from here: the image may have taken its time.
    const sinceMs = Math.max(0, madeAtMs - job.startedAtMs);
    job.startedAtMs += sinceMs;
    job.startedAwakeMs += sinceMs;
    return "running";
  }
  return existsSync(join(job.directory, ATTEMPT_FILES.containerPulling)) ? "pulling" : "starting";
}

/** The labels by which a container is found again. */
function containerLabelsOf(supervisor: Supervisor, task: Task): Record<string, string> {
  return {
    "stint.home": supervisor.context.layout.home,
    "stint.task": task.metadata.id,
    "stint.attempt": String(openAttempt(task)?.number ?? 0),
    "stint.holder": supervisor.context.lock.owner.token,
  };
}

/** Remembers which engines a home has used, so that no other is asked at a start-up. */
function rememberEngine(supervisor: Supervisor, kind: ContainerKind): void {
  const { layout } = supervisor.context;
  const engine = engineOf(supervisor, kind);
  if (!engine.ok || enginesUsed(supervisor).includes(engine.value.name)) return;
  appendFileSync(layout.engines, `${engine.value.name}\n`, { mode: 0o600 });
}

function enginesUsed(supervisor: Supervisor): string[] {
  const { engines } = supervisor.context.layout;
  return existsSync(engines) ? readFileSync(engines, "utf8").split("\n").filter(Boolean) : [];
}

/** Removes what earlier holders left behind; does nothing, and asks no engine, where the home never had a container. */
export function sweepLeftContainers(supervisor: Supervisor): void {
  const { environment, layout, lock } = supervisor.context;
  const used = enginesUsed(supervisor);
  for (const name of ENGINES.filter((engine) => used.includes(engine))) {
    const engine = findEngine(name, environment);
    const kept = supervisor.queue.active.flatMap((task) => containerName(openAttempt(task)?.token ?? ""));
    const sweep = { home: layout.home, supervisor: lock.owner.token, kept };
    if (engine.ok) sweepContainers(engine.value, sweep, environment);
  }
}
