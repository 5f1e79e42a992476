import { mkdirSync } from "node:fs";
import { timestamp } from "../lib/clock.ts";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";
import { err, type Result } from "../lib/result.ts";
import { claimed } from "../model/lifecycle.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { jobEnvironment, runnerVariables } from "../run/environment.ts";
import { type Launched, launch, type NotStarted } from "../run/launch.ts";
import { readEnvironment } from "../store/environments.ts";
import { quarantine } from "../store/quarantine.ts";
import { readRecord } from "../store/record.ts";
import type { Holder } from "./holder.ts";

/** Claims tasks as one group, then starts what was claimed. */
export function startTasks(holder: Holder, tasks: readonly Task[]): void {
  const { clock, actor, lock } = holder.options;
  const changes = tasks
    .map((task) => asOnDisk(holder, task))
    .filter((task) => task !== null)
    .map((before) => {
      const claim = {
        token: uuid(),
        supervisor: `${lock.owner.host}:${lock.owner.pid}`,
        hostBootId: holder.bootId,
        claimedAt: timestamp(clock.now()),
      };
      return { before, after: claimed(before, claim), actor };
    });
  for (const written of holder.commit(changes)) {
    if (written.ok) startJob(holder, written.value);
  }
}

/** A record in pending/ is a file that people may edit: what they wrote counts, as a new generation of the spec. */
function asOnDisk(holder: Holder, known: Task): Task | null {
  const { layout, say } = holder.options;
  const { id } = known.metadata;
  const path = layout.record("pending", id);
  const read = readRecord(path);
  const isOther =
    read.ok && (read.value.metadata.uid !== known.metadata.uid || read.value.status.state !== "queued");
  if (!read.ok || isOther) {
    holder.tasks.delete(id);
    const reason = read.ok ? "it is not the task that was queued under this name" : read.error.type;
    if (reason !== "missing") say(`${id}: ${quarantine(path, reason).what}`);
    else say(`${id}: its record was removed from pending/ by hand`);
    return null;
  }
  const found = read.value;
  const isEdited = JSON.stringify(found.spec) !== JSON.stringify(known.spec);
  const generation = known.metadata.generation + (isEdited ? 1 : 0);
  return {
    ...known,
    spec: found.spec,
    metadata: { ...known.metadata, labels: found.metadata.labels, generation },
  };
}

function startJob(holder: Holder, task: Task): void {
  const { clock, layout, say } = holder.options;
  const attempt = openAttempt(task);
  if (attempt === null) throw new Error(`task ${task.metadata.id} was claimed without an attempt`);
  const { id } = task.metadata;
  const directory = layout.attempt(id, attempt.number);
  failpoint("start:claimed");
  // Before the launch: a short job has ended when it returns.
  const startedAtMs = clock.now();
  const startedAwakeMs = clock.awakeMs();
  const launched = launchIn(holder, { task, directory });
  failpoint("start:launched");
  const job = {
    id,
    attempt: attempt.number,
    token: attempt.token,
    directory,
    isChild: true,
    startedAtMs,
    startedAwakeMs,
    sent: null,
    logBytesCut: 0,
  };
  if (!launched.ok) {
    const { code, error } = launched.error;
    holder.jobs.set(id, {
      ...job,
      leader: null,
      end: { ending: { type: "notStarted", code, error }, endedAtMs: clock.now() },
    });
    holder.nudge();
    return;
  }
  holder.jobs.set(id, { ...job, leader: launched.value.process, end: null });
  say(`${id}: attempt ${attempt.number} started (pid ${launched.value.process.pid})`);
  hearOfTheEnd(holder, task, launched.value);
}

function hearOfTheEnd(holder: Holder, task: Task, launched: Launched): void {
  void launched.ended.then(({ signal }) => {
    const job = holder.jobs.get(task.metadata.id);
    // The loop reads the result; this only says that there is one, or which signal took the recording parent.
    if (job !== undefined && job.leader?.pid === launched.process.pid) job.leaderSignal = { signal };
    holder.nudge();
  });
}

function launchIn(
  holder: Holder,
  { task, directory }: { task: Task; directory: string },
): Result<Launched, NotStarted> {
  const { layout, self, environment: own } = holder.options;
  const { kind, logs } = task.spec;
  const { id, environment: hash } = task.metadata;
  const captured = hash === undefined ? own : readEnvironment(layout, hash);
  if (captured === null) {
    return err({
      code: "INVALID_SPEC",
      error: `Cannot start "${id}": the environment that was captured for it is gone from env/`,
    });
  }
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    mkdirSync(layout.checkpoint(id), { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = errnoOf(error) === "ENOSPC" ? "DISK_FULL" : "RUNTIME_ERROR";
    return err({ code, error: `Cannot make the folder of the attempt: ${String(error)}` });
  }
  const runner = runnerVariables(task, { run: directory, checkpoint: layout.checkpoint(id) });
  const { environment } = jobEnvironment({ policy: kind.environment, captured, task: kind.env, runner });
  return launch({ directory, kind, environment, separateLogs: logs.separate, self });
}
