import { timestamp } from "../../lib/clock.ts";
import { errnoOf } from "../../lib/errno.ts";
import { failpoint } from "../../lib/failpoint.ts";
import { uuid } from "../../lib/random.ts";
import { err, type Result } from "../../lib/result.ts";
import { pathsOf } from "../../model/dataset.ts";
import { claimed } from "../../model/lifecycle.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import { checkoutFolder, workFolder } from "../../model/work-folder.ts";
import type { Placement } from "../../plan/place.ts";
import { deviceVariables, runnerVariables } from "../../run/environment.ts";
import type { Launched, NotStarted } from "../../run/launch.ts";
import { refusedBySystem } from "../../run/not-started.ts";
import { secretValues } from "../../run/secrets.ts";
import { linkLogs, slurmVariables } from "../../run/slurm.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { keepSecrets } from "../../store/kept-secrets.ts";
import { requireRoomForJobs } from "../../store/probe.ts";
import { refreshFromDisk } from "../commit/external-edit.ts";
import type { Supervisor } from "../supervisor.ts";
import { datasetsFor } from "./data.ts";
import { makeFolders } from "./folders.ts";
import { unstarted } from "./job.ts";
import { giveJobData } from "./job-data.ts";
import { jobGroup } from "./job-group.ts";
import { limitsOf, prepareLimits } from "./limits.ts";
import { orderPreparation, preparationOf } from "./preparation.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { capturedFor, keepSecretsOf } from "./secrets.ts";
import { PortGiver, serviceFor } from "./service-start.ts";
import { delayStarts, easeStarts, roomForStarts } from "./start-shortage.ts";
import { trackingOrderOf } from "./tracking.ts";
import { wholeEnvironment } from "./whole-environment.ts";

type Variables = Readonly<Record<string, string>>;

/**
 * Claims tasks as one group, then starts each that was claimed.
 *
 * Order of effects, and what a crash after each leaves:
 *   1. The devices of a placement are shared with other homes (`devices/device-pool.ts`). The next supervisor withdraws the share.
 *   2. One commit renames the records into running/, each with an open attempt and its token. An attempt without a folder never started:
 *      adoption queues its task again.
 *   3. The folder of the attempt is made. A folder without `start` means that the supervisor ended while it started this task: it is
 *      queued again behind the others, in case the task was the cause (`requeueCutShort`).
 *   4. The control groups are made (`limits.ts`), what is to be prepared is ordered (`preparation.ts`), and the recording parent is spawned.
 *   5. The recording parent creates `start` with O_EXCL. From here on the job runs without this process, and the next supervisor adopts it.
 *   6. The job is added to the table.
 *
 * Invariant: each claimed attempt gets a job in the table, running or `unstarted`, whose end is recorded. What the system refuses (no
 * process, no descriptor) is recorded at no cost to the task, and delays all other starts.
 */
export function startTasks(supervisor: Supervisor, placements: readonly Placement[]): void {
  const { clock, actor, lock, layout } = supervisor.context;
  if (placements.length === 0) return;
  // Checked once: without room on the disk, every start of the group would fail.
  const disk = tryFs("make the folders of jobs", () => requireRoomForJobs(layout));
  if (!disk.ok) return supervisor.committer.enterDegraded(disk.error);
  const room = roomForStarts(supervisor, placements.length);
  const ports = new PortGiver(supervisor);
  const changes = placements.slice(0, room).flatMap((placement) => {
    const { task: known, resources, devices } = placement;
    const before = refreshFromDisk(supervisor, known);
    // An edited task is planned again in the next turn; the others of this plan start.
    if (before !== known) {
      supervisor.nudge();
      return [];
    }
    const service = ports.give(before);
    if (service === null) return [];
    const token = uuid();
    if (supervisor.devices?.take(placement, token) === false) return [];
    const claim = {
      token,
      supervisor: `${lock.owner.host}:${lock.owner.pid}`,
      hostBootId: supervisor.bootId,
      claimedAt: timestamp(clock.now()),
      claimedAwakeMs: clock.awakeMs(),
      resources,
      devices,
      ...service,
    };
    return [{ before, after: claimed(before, claim), actor }];
  });
  let refused: NotStarted | null = null;
  for (const { change, result } of supervisor.committer.commit(changes)) {
    if (result.ok) refused = startJob(supervisor, { task: result.value, refused }) ?? refused;
    else releaseDevices(supervisor, change.after);
  }
  if (refused === null) easeStarts(supervisor, changes.length);
  else delayStarts(supervisor, refused.error);
}

function releaseDevices(supervisor: Supervisor, task: Task): void {
  const attempt = openAttempt(task);
  if (attempt !== null) supervisor.devices?.release(attempt.token, attempt.devices ?? []);
}

/** Starts a claimed task, unless the system refused an earlier one; returns a refusal that holds for all others too, else null. */
function startJob(
  supervisor: Supervisor,
  { task, refused }: { task: Task; refused: NotStarted | null },
): NotStarted | null {
  const { clock, layout, log } = supervisor.context;
  const attempt = openAttempt(task);
  if (attempt === null) throw new Error(`task ${task.metadata.id} was claimed without an attempt`);
  const { id } = task.metadata;
  const directory = layout.attempt(id, attempt.number);
  failpoint("start:claimed");
  const folders = makeFolders(supervisor, { id, directory });
  // Before the launch: a short job has ended when it returns.
  const startedAtMs = clock.now();
  const startedAwakeMs = clock.awakeMs();
  const refusal = refused ?? (folders.ok ? null : folders.error);
  const { launched, secrets } =
    refusal === null ? tryToLaunch(supervisor, { task, directory }) : { launched: err(refusal), secrets: [] };
  failpoint("start:launched");
  const job = {
    id,
    attempt: attempt.number,
    token: attempt.token,
    directory,
    ...limitsOf(directory, { task, group: jobGroup(supervisor, task) }),
    ...preparationOf(task),
    parent: { type: "child" as const, end: null, isMissing: false },
    startedAtMs,
    startedAwakeMs,
    secrets,
  };
  if (!launched.ok) {
    const { isShortage, ...why } = launched.error;
    supervisor.jobs.set(id, {
      ...job,
      leader: null,
      phase: unstarted(
        { ending: { type: "notStarted", ...why }, endedAtMs: clock.now() },
        isShortage === true,
      ),
    });
    supervisor.nudge();
    return isShortage ? launched.error : null;
  }
  const { process: leader } = launched.value;
  supervisor.jobs.set(id, { ...job, leader, phase: { type: "running" } });
  supervisor.jobs.processes.addLeader(leader, attempt.token);
  log(`${id}: attempt ${attempt.number} started (pid ${leader.pid})`);
  listenForEnd(supervisor, task, launched.value);
  return null;
}

/** Launches a job. An error of the system ends the attempt: every claimed attempt must get an end. */
function tryToLaunch(
  supervisor: Supervisor,
  { task, directory }: { task: Task; directory: string },
): { readonly launched: Result<Launched, NotStarted>; readonly secrets: readonly string[] } {
  const { layout, environment } = supervisor.context;
  let secrets: readonly string[] = [];
  try {
    // Read now: a file may hold other values by the time the job has ended.
    const captured = capturedFor(layout, task, environment);
    if (!captured.ok)
      return { launched: err({ code: "RUNTIME_ERROR", error: captured.error.message }), secrets };
    const service = serviceFor(task, directory);
    if (!service.ok) return { launched: service, secrets };
    secrets = [...secretValues(task.spec.kind, captured.value ?? {}), ...service.value.secrets];
    if (service.value.secrets.length > 0) keepSecrets(layout, task.metadata.id, service.value.secrets);
    const { task: filled, variables } = service.value;
    return {
      launched: launchJob(supervisor, {
        task: filled,
        directory,
        captured: captured.value,
        secrets,
        service: variables,
      }),
      secrets,
    };
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    return { launched: err(refusedBySystem(`Cannot start "${task.metadata.id}"`, error)), secrets };
  }
}

function listenForEnd(supervisor: Supervisor, task: Task, launched: Launched): void {
  void launched.ended.then((end) => {
    const job = supervisor.jobs.get(task.metadata.id);
    // Only the exit of the recording parent; the loop reads the result of the job.
    if (job?.parent.type === "child" && job.leader?.pid === launched.process.pid) job.parent.end = end;
    supervisor.nudge();
  });
}

interface Launch {
  readonly task: Task;
  readonly directory: string;
  /** Null where it is gone. */
  readonly captured: Variables | null;
  readonly secrets: readonly string[];
  /** Those of a service. */
  readonly service: Variables;
}

function launchJob(
  supervisor: Supervisor,
  { task, directory, captured, secrets, service }: Launch,
): Result<Launched, NotStarted> {
  const { layout, self } = supervisor.context;
  const { kind, logs } = task.spec;
  const { id } = task.metadata;
  if (captured === null) {
    return err({
      code: "INVALID_SPEC",
      error: `Cannot start "${id}": its captured environment was removed from env/`,
    });
  }
  keepSecretsOf(layout, task, secrets);
  const datasets = datasetsFor(task, layout);
  if (!datasets.ok) return datasets;
  const onMachine = {
    run: directory,
    checkpoint: layout.checkpoint(id),
    work: workFolder(task, directory),
    ...(datasets.value !== null && { datasets: pathsOf(datasets.value) }),
  };
  const runner = runnerOf(kind);
  const inJob = runner.directories(onMachine);
  const data = giveJobData(supervisor, { task, directory, run: inJob.run });
  if (!data.ok) return data;
  const variables = { ...runnerVariables(task, inJob), ...data.value.variables, ...service };
  const ids = openAttempt(task)?.devices ?? [];
  const devices = visibleDevices(supervisor, ids);
  // Slurm calls a node by its short name.
  const [node = ""] = supervisor.context.lock.owner.host.split(".");
  const slurm = slurmVariables(task, { node, devices: supervisor.devices?.named(ids) ?? [] });
  const runnerLayer = { ...variables, ...devices, ...slurm };
  const made = wholeEnvironment(supervisor, { task, captured, run: inJob.run, runnerLayer });
  if (!made.ok) return made;
  const environment = made.value;
  const limited = prepareLimits(supervisor, { task, directory, environment });
  if (!limited.ok) return limited;
  const { parentGroup, group } = limited.value;
  const tracking = trackingOrderOf(task, { layout, directory, captured, environment });
  // Before the prefix of the limits, which do not count for the preparation.
  const prefix = [
    ...orderPreparation(supervisor, { task, directory, datasets: datasets.value, tracking }),
    ...limited.value.prefix,
  ];
  const token = openAttempt(task)?.token ?? "";
  const separateLogs = logs.separate;
  const { mounts } = data.value;
  const enter = checkoutFolder(task, directory);
  const order = { directory, environment, prefix, enter, token, group, self, separateLogs, mounts };
  const launched = runner.launch(supervisor, { task, order, parentGroup });
  if (launched.ok)
    for (const refusal of linkLogs(task, { directory, runs: layout.runs, node }))
      supervisor.context.log(refusal);
  return launched;
}

/** The variables that hide all devices but these from a job; none on a machine without devices. */
function visibleDevices({ devices }: Supervisor, ids: readonly string[] = []): Record<string, string> {
  if (devices === null || (ids.length === 0 && !devices.hidesDevices)) return {};
  return deviceVariables(devices.named(ids));
}
