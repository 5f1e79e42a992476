import { appendFileSync, existsSync, readFileSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import { unlessRefused } from "../../../lib/errno.ts";
import { isAlive, ownUserId } from "../../../lib/host.ts";
import type { Result } from "../../../lib/result.ts";
import { engineGroupFor } from "../../../machine/group.ts";
import { ATTEMPT_FILES } from "../../../model/attempt-files.ts";
import { datasetMount, mountsOf } from "../../../model/dataset.ts";
import { CHECKPOINT_MOUNT, type ContainerKind, ENGINES, RUN_MOUNT } from "../../../model/kind.ts";
import { isCollecting, openAttempt, type Task } from "../../../model/task.ts";
import { isWithin } from "../../../run/code/record.ts";
import { type ContainerOrder, containerName, findEngine } from "../../../run/container.ts";
import { removeContainer, sweepContainers } from "../../../run/container-removal.ts";
import { readEnding } from "../../../run/ending.ts";
import { type Launched, launch, launchRunner, type NotStarted } from "../../../run/launch.ts";
import { modifiedAt, readRunner } from "../../../run/records.ts";
import { type ProcessTree, survivorsOf } from "../../../run/tree.ts";
import type { Supervisor } from "../../supervisor.ts";
import { datasetsFor } from "../data.ts";
import { endJob, endOf, type Job, lastSignal } from "../job.ts";
import type { Launching, Runner, SignalOrder, TaskJob } from "./runner.ts";

/*
 * The runner of containers (podman, docker). A container is led by `container-runner.sh`, below the recording parent like any job: it
 * makes the container, waits for it, and is the only one that records its end, after it has asked the engine. This file starts the
 * next container runner where one was killed, and owns the list of engines that the home has used.
 *
 * Order of `observe`, once the leader of a job is gone:
 *   1. `container-runner` names the latest container runner; is it, or any process of the attempt, alive?
 *   2. Only then is the result read: a runner that was alive a moment ago may have left one.
 *   3. No result, and the runner is of an earlier boot: the container is lost.
 *   4. No result, and nothing lives: the next one is started, at most one each RUNNER_AGAIN_MS. It follows the container, or ends it where
 *      the job was told to stop.
 * TERM goes to the container runner alone, which passes it on. KILL goes to all processes of the attempt but the engine's monitor; the
 * next runner then ends the container by the engine.
 *
 * Invariants: an end is recorded only after the engine reported it; the container outlives the supervisor and its runners, and is
 * removed only after its end is on record. The engine enforces all limits but memory: a group of ours above the container holds it
 * and counts the OOM kills.
 *
 * A crash of the supervisor changes nothing for the container: the next one adopts the attempt. A crash between the record and the
 * removal leaves a container without an open attempt: the next start removes it by its labels (`sweepLeftContainers`).
 */

/** The shortest interval between two starts of a container runner. */
const RUNNER_AGAIN_MS = 1_000;

/** The order of a container runner that does not make the container. */
type LaterOrder = Omit<ContainerOrder, "devices" | "labels" | "checkpoint" | "data" | "mounts" | "ports">;

/** No process has this token. */
const NO_TOKEN = "none";

export const containerRunner: Runner<ContainerKind> = {
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
  readEnding,
  directories: ({ datasets }) => ({
    run: RUN_MOUNT,
    checkpoint: CHECKPOINT_MOUNT,
    ...(datasets !== undefined && { datasets: mountsOf(datasets) }),
  }),
  phase: containerPhase,
  // The engine does.
  stopsMainFirst: false,
  signal: ({ task, job }, { signal }) => {
    if (signal === "SIGKILL") return [{ tree: endOf(job) === null ? withoutMonitor(job) : job, signal }];
    // To the runner alone, which passes it on: the processes in the container would get it twice.
    const orders: SignalOrder[] = [{ tree: { leader: job.runner ?? job.leader, token: NO_TOKEN }, signal }];
    return openAttempt(task)?.paused === undefined ? orders : [...orders, { tree: job, signal: "SIGCONT" }];
  },
  overrideStop: (job) => {
    const [end, sent] = [endOf(job), lastSignal(job)];
    // Once the container has ended, only commands of the engine are left.
    if (end !== null) return sent?.signal === "SIGKILL" ? null : "SIGKILL";
    // A second KILL would hit the runner that ends the container.
    return sent?.signal === "SIGKILL" ? "none" : null;
  },
  pauseRefusal: (supervisor, kind) => {
    // The processes of docker belong to root, and only root may signal them.
    if (ownUserId() === 0) return null;
    const engine = engineOf(supervisor, kind);
    if (!engine.ok || engine.value.name !== "docker") return null;
    return { is: "its processes belong to docker", wanted: "those of this user (`docker pause` by hand)" };
  },
  // Without the sessions of the runner and its engine commands: a stopped one would keep its locks, and block every container of the machine.
  pauseTree: treeInContainer,
  ownTree: treeInContainer,
  cleanup: (supervisor, { kind, token }) => {
    const engine = engineOf(supervisor, kind);
    if (engine.ok) removeContainer(engine.value, containerName(token), supervisor.context.environment);
  },
};

/** Its control groups hold the engine's monitor too, without which the engine does not learn of the container's end. */
function withoutMonitor(job: Job): ProcessTree {
  return { ...job, groups: [] };
}

function treeInContainer(job: Job): ProcessTree {
  return {
    ...withoutMonitor(job),
    // Of a job that was just adopted, the runner is known by its file alone.
    sparedSessions: [job.leader, job.runner ?? readRunner(job.directory)].flatMap((head) => head?.pid ?? []),
  };
}

function engineOf({ context }: Supervisor, { container }: ContainerKind): ReturnType<typeof findEngine> {
  return findEngine(container.engine, context.environment);
}

function launchContainer(
  supervisor: Supervisor,
  { task, order, parentGroup }: Launching<ContainerKind>,
): Result<Launched, NotStarted> {
  const { environment, layout } = supervisor.context;
  const { kind, limits, stopGraceMs } = task.spec;
  const datasets = datasetsFor(task, layout);
  if (!datasets.ok) return datasets;
  const attempt = openAttempt(task);
  if (attempt === null) throw new Error(`task ${task.metadata.id} has no open attempt`);
  rememberEngine(supervisor, kind);
  const container = {
    kind: inCheckout(task, kind, order),
    directory: order.directory,
    checkpoint: layout.checkpoint(task.metadata.id),
    data: Object.entries(datasets.value ?? {}).map(([name, { path, mode }]) => ({
      host: path,
      path: datasetMount(name),
      readOnly: mode !== "rw",
    })),
    mounts: order.mounts ?? [],
    ports: Object.values(attempt.service?.ports ?? {}),
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
 * With a snapshot: in its checkout, unless the task names another folder. A volume of the tree, or of a folder in it that the task's own
 * is in, is that of the checkout: else the container would run, and change, the files as they are now.
 */
function inCheckout(
  { metadata: { code } }: Task,
  kind: ContainerKind,
  { directory, enter }: Launching["order"],
): ContainerKind {
  if (enter === null || code === undefined) return kind;
  const { root, folder } = code;
  const volumes = kind.container.volumes.map((volume) => {
    const host = unlessRefused(() => realpathSync(volume.host), volume.host);
    const isOfTree = isWithin(root, host) && isWithin(host, join(root, folder));
    return isOfTree ? { ...volume, host: join(directory, ATTEMPT_FILES.code, relative(root, host)) } : volume;
  });
  const workdir = join(RUN_MOUNT, relative(directory, enter));
  return { ...kind, container: { workdir, ...kind.container, volumes } };
}

/** Ends a container's job by its result, or starts the next container runner; see above. */
function observeContainer(supervisor: Supervisor, { task, job }: TaskJob<ContainerKind>): void {
  const { clock, environment, log } = supervisor.context;
  const { kind } = task.spec;
  const runner = readRunner(job.directory);
  // A living process without a note is a runner that has not written it yet: a second one would make the container again.
  const isThere =
    runner === null ? survivorsOf([job], supervisor.jobs.processes).flat().length > 0 : isAlive(runner);
  const end = readEnding(job);
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
  else if (isFirst) log(`${job.id}: no runner can be started for its container: ${launched.error}`);
}

/** The phase of a container that is not on record as running. */
function containerPhase(job: Job): ReturnType<Runner["phase"]> {
  const madeAtMs = modifiedAt(join(job.directory, ATTEMPT_FILES.containerId));
  if (madeAtMs !== null) {
    // A timeout counts from here, without the pull of the image.
    const sinceMs = Math.max(0, madeAtMs - job.startedAtMs);
    job.startedAtMs += sinceMs;
    job.startedAwakeMs += sinceMs;
    return "running";
  }
  return existsSync(join(job.directory, ATTEMPT_FILES.containerPulling)) ? "pulling" : "starting";
}

/** The labels by which a sweep finds a container. */
function containerLabelsOf(supervisor: Supervisor, task: Task): Record<string, string> {
  return {
    "stint.home": supervisor.context.layout.home,
    "stint.task": task.metadata.id,
    "stint.attempt": String(openAttempt(task)?.number ?? 0),
    "stint.holder": supervisor.context.lock.owner.token,
  };
}

/** Notes that the home uses an engine, so that a start-up calls no other. */
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

/** Removes containers that earlier supervisors left; calls only engines that the home has used. */
export function sweepLeftContainers(supervisor: Supervisor): void {
  const { environment, layout, lock } = supervisor.context;
  const used = enginesUsed(supervisor);
  for (const name of ENGINES.filter((engine) => used.includes(engine))) {
    const engine = findEngine(name, environment);
    const kept = supervisor.queue.active.flatMap((task) =>
      isCollecting(task) ? [] : containerName(openAttempt(task)?.token ?? ""),
    );
    const sweep = { home: layout.home, supervisor: lock.owner.token, kept };
    if (engine.ok) sweepContainers(engine.value, sweep, environment);
  }
}
