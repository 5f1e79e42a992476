import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { isAlive } from "../../../lib/host.ts";
import { type ContainerKind, ENGINES } from "../../../model/kind.ts";
import { openAttempt, type Task } from "../../../model/task.ts";
import { type ContainerOrder, containerName, findEngine } from "../../../run/container.ts";
import { removeContainer, sweepContainers } from "../../../run/container-removal.ts";
import { readEnding } from "../../../run/ending.ts";
import { launchRunner } from "../../../run/launch.ts";
import { modifiedAt, readRunner } from "../../../run/records.ts";
import { survivorsOf } from "../../../run/tree.ts";
import type { Supervisor } from "../../supervisor.ts";
import type { Job } from "../job.ts";

/** A runner that cannot even begin is not tried faster than this. */
const RUNNER_AGAIN_MS = 1_000;

/** What the runners of a container are told, without what only the making of it needs. */
type LaterOrder = Omit<ContainerOrder, "devices" | "labels" | "checkpoint">;

interface ContainerJob {
  readonly task: Task;
  readonly kind: ContainerKind;
  readonly job: Job;
}

/**
 * The process that led a container's attempt is gone: its result is taken, or another runner follows the container on.
 * Nobody but a runner says that a container has ended, since each has asked the engine.
 */
export function observeContainer(supervisor: Supervisor, { task, kind, job }: ContainerJob): void {
  const { clock, environment, log } = supervisor.context;
  const runner = readRunner(job.directory);
  // One that is there without a note has not come to it yet, or found no room: a second would do all of it once more.
  const isThere =
    runner === null ? survivorsOf([job], supervisor.processes).flat().length > 0 : isAlive(runner);
  // Last of all: who was there a moment ago may have ended with a result.
  job.end = readEnding(job, kind);
  if (job.end !== null) return;
  if (runner !== null && runner.bootId !== supervisor.bootId) {
    job.end = lost(supervisor, "the machine was restarted under the container");
    return;
  }
  job.isChild = false;
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
  const mode = job.sent === null ? "follow" : job.sent.signal === "SIGTERM" ? "stop" : "kill";
  const launched = launchRunner(order, { mode, separateLogs: task.spec.logs.separate });
  if (launched.ok) job.runner = launched.value;
  else if (isFirst) log(`${job.id}: its container cannot be looked after: ${launched.error}`);
}

function lost(supervisor: Supervisor, note: string): NonNullable<Job["end"]> {
  return { ending: { type: "lost", signal: null, note }, endedAtMs: supervisor.context.clock.now() };
}

/** How far a container is that has not come to be on record as running. */
export function containerPhase(job: Job): "making" | "pulling" | "made" {
  const madeAtMs = modifiedAt(`${job.directory}/cid`);
  if (madeAtMs !== null) {
    // A timeout counts from here: the image may have taken its time.
    const sinceMs = Math.max(0, madeAtMs - job.startedAtMs);
    job.startedAtMs += sinceMs;
    job.startedAwakeMs += sinceMs;
    return "made";
  }
  return existsSync(`${job.directory}/container-pulling`) ? "pulling" : "making";
}

/** The result is on record: the container has no more to tell. */
export function forgetContainer(supervisor: Supervisor, kind: ContainerKind, token: string): void {
  const { environment } = supervisor.context;
  const engine = findEngine(kind.container.engine, environment);
  if (engine.ok) removeContainer(engine.value, containerName(token), environment);
}

/** The labels by which a container is found again. */
export function containerLabelsOf(supervisor: Supervisor, task: Task): Record<string, string> {
  return {
    "stint.home": supervisor.context.layout.home,
    "stint.task": task.metadata.id,
    "stint.attempt": String(openAttempt(task)?.number ?? 0),
    "stint.holder": supervisor.context.lock.owner.token,
  };
}

/** Remembers which engines a home has used, so that no other is asked at a start-up. */
export function rememberEngine(supervisor: Supervisor, kind: ContainerKind): void {
  const { layout, environment } = supervisor.context;
  const engine = findEngine(kind.container.engine, environment);
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
    const kept = supervisor.active.flatMap((task) => containerName(openAttempt(task)?.token ?? ""));
    const sweep = { home: layout.home, supervisor: lock.owner.token, kept };
    if (engine.ok) sweepContainers(engine.value, sweep, environment);
  }
}
