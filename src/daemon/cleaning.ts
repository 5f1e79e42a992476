import { formatBytes } from "../lib/bytes.ts";
import type { Clock } from "../lib/clock.ts";
import type { TaskId } from "../model/identity.ts";
import type { Answer } from "../model/request.ts";
import type { RetentionRules } from "../model/retention.ts";
import { isTerminal, type Place } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { type EndedTask, outdated } from "../plan/retention.ts";
import { idsIn, readTask, TaskReader } from "../store/reader.ts";
import { bytesOfRun, finishRemoval, logsOf, removeLogs, removeTask } from "../store/retention.ts";
import { onDisk } from "../store/trouble.ts";
import type { Holder } from "./holder.ts";

/** How a clean-up is done, and who asked for it. */
interface Cleaning {
  readonly rules: RetentionRules;
  readonly dryRun: boolean;
  readonly actor: string;
}

interface Ended extends EndedTask {
  readonly uid: string;
  readonly version: number;
  readonly environment: string | undefined;
}

const ENDED: readonly Place[] = ["done", "dead-letter"];
/** So many are named on the audit log, which holds short lines only. */
const MAX_NAMED = 20;

/** A clean-up holds a turn of the loop up for so long. */
const STEP_MS = 10;

/** Does a little of a clean-up; gives its answers once it is done, null while there is more to do. */
export function goOn(steps: Generator<void, Answer[]>, clock: Clock): Answer[] | null {
  const untilMs = clock.awakeMs() + STEP_MS;
  while (clock.awakeMs() < untilMs) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
  return null;
}

/** Removes what is outdated, a task with each step, so that whoever has other work may do that in between. */
export function* cleaning(holder: Holder, { rules, dryRun, actor }: Cleaning): Generator<void, Answer[]> {
  const { layout, clock } = holder.options;
  const nowMs = clock.now();
  const ended: Ended[] = [];
  const environments = new Map<TaskId, string | undefined>();
  const isNeeded = needsOf(holder);
  const reader = new TaskReader(layout);
  for (const place of ENDED) {
    for (const id of idsIn(layout, place)) {
      const task = endedOf(reader.read(id));
      if (task !== null) {
        environments.set(id, task.metadata.environment);
        ended.push(toEnded(holder, task, { rules, isNeeded }));
      }
      yield;
    }
  }
  const { tasks, logs } = outdated(ended, { rules, nowMs });
  if (!dryRun) noteCleaning(holder, { tasks, logs, actor });
  const answers: Answer[] = [];
  for (const task of tasks) {
    const answer = takeTask(holder, task, { rules, dryRun, isNeeded });
    if (answer !== null) answers.push(answer);
    if (answer?.done !== undefined && !dryRun) environments.delete(task.id);
    yield;
  }
  for (const task of logs) {
    const answer = takeLogs(holder, task, { dryRun, isNeeded });
    if (answer !== null) answers.push(answer);
    yield;
  }
  if (dryRun) return answers;
  // What ended meanwhile is known to nobody here; its retry needs its environment.
  for (const id of ENDED.flatMap((place) => idsIn(layout, place))) {
    if (environments.has(id)) continue;
    const read = reader.read(id);
    if (read.ok) environments.set(id, read.value.metadata.environment);
  }
  const living = [...holder.tasks.values()].flatMap(({ metadata }) => [metadata.id, metadata.environment]);
  // Beside the environments lie the secrets of tasks, under their ids.
  const named = [...environments.keys(), ...environments.values(), ...living];
  const used = new Set(named.filter((name) => name !== undefined));
  const finished = onDisk("finish the clean-up", () => finishRemoval(layout, used, nowMs));
  return finished.ok ? answers : [...answers, { id: "clean", problem: { ...finished.error } }];
}

/** Null for what is gone, cannot be read, or waits there by mistake. */
function endedOf(read: ReturnType<typeof readTask>): Task | null {
  return read.ok && isTerminal(read.value.status.state) ? read.value : null;
}

function toEnded(
  holder: Holder,
  task: Task,
  { rules, isNeeded }: { rules: RetentionRules; isNeeded: (task: Task) => boolean },
): Ended {
  const { id, uid, resourceVersion, environment } = task.metadata;
  const isDead = task.status.state === "failed";
  const isMeasured = rules.bytes !== null && (!isDead || rules.takesDeadLetter);
  return {
    id,
    uid,
    version: resourceVersion,
    environment,
    isDead,
    endedAtMs: "endedAt" in task.status ? Date.parse(task.status.endedAt) : Number.POSITIVE_INFINITY,
    isNeeded: isNeeded(task),
    bytes: isMeasured ? bytesOfRun(holder.options.layout, id) : 0,
  };
}

/** What unended tasks need of ended ones: their parents, for how these ended decides; and the rest of their sweep or batch. */
function needsOf(holder: Holder): (task: Task) => boolean {
  let [known, isNeeded] = [holder.taken, needOf(holder)];
  return (task) => {
    if (holder.taken !== known) [known, isNeeded] = [holder.taken, needOf(holder)];
    return isNeeded(task);
  };
}

function needOf(holder: Holder): (task: Task) => boolean {
  const unended = [...holder.tasks.values()];
  const parents = new Set(unended.flatMap(({ spec }) => (spec.after ?? []).map(({ task }) => task)));
  const groups = new Set(unended.map(({ metadata }) => metadata.group?.id));
  const batches = new Set(unended.map(({ metadata }) => metadata.batch));
  return ({ metadata: { id, group, batch } }) =>
    parents.has(id) ||
    (group !== undefined && groups.has(group.id)) ||
    (batch !== undefined && batches.has(batch));
}

/** Null where the task has come back to life since it was looked at, or is needed by now. */
function takeTask(
  holder: Holder,
  { id, uid, version, bytes: measured }: Ended,
  { rules, dryRun, isNeeded }: Pick<Cleaning, "rules" | "dryRun"> & { isNeeded: (task: Task) => boolean },
): Answer | null {
  const { layout } = holder.options;
  const bytes = rules.bytes === null ? bytesOfRun(layout, id) : measured;
  const size = { bytes };
  if (dryRun) return { id, done: `would be removed, ${formatBytes(bytes)}`, ...size };
  if (!isAsSeen(holder, { id, uid, version }, isNeeded)) return null;
  const removed = removeTask(layout, id);
  return removed.ok ? { id, done: "removed", ...size } : { id, problem: { ...removed.error } };
}

/** False where a task has come back to life since it was looked at, even if it has ended again, or is needed by now. */
function isAsSeen(
  { options: { layout } }: Holder,
  { id, uid, version }: Pick<Ended, "id" | "uid" | "version">,
  isNeeded: (task: Task) => boolean,
): boolean {
  const now = endedOf(readTask(layout, id));
  const isSame = now?.metadata.uid === uid && now.metadata.resourceVersion === version;
  return isSame && !isNeeded(now);
}

function takeLogs(
  holder: Holder,
  { id, uid, version }: Ended,
  { dryRun, isNeeded }: Pick<Cleaning, "dryRun"> & { isNeeded: (task: Task) => boolean },
): Answer | null {
  const { layout } = holder.options;
  const { paths, bytes } = logsOf(layout, id);
  if (paths.length === 0) return null;
  if (dryRun) return { id, done: `its logs would be removed, ${formatBytes(bytes)}`, bytes };
  if (!isAsSeen(holder, { id, uid, version }, isNeeded)) return null;
  const removed = removeLogs(layout, id);
  return removed.ok ? { id, done: "logs removed", bytes } : { id, problem: { ...removed.error } };
}

function noteCleaning(
  holder: Holder,
  { tasks, logs, actor }: { tasks: readonly Ended[]; logs: readonly Ended[]; actor: string },
): void {
  const named = (what: string, of: readonly Ended[]): string =>
    `${of.length} ${what}: ${of
      .slice(0, MAX_NAMED)
      .map(({ id }) => id)
      .join(" ")}`;
  const details = [
    tasks.length > 0 ? named("tasks", tasks) : null,
    logs.length > 0 ? named("logs", logs) : null,
  ].filter((detail) => detail !== null);
  holder.note(details.map((detail) => ({ event: "cleanup", actor, detail })));
}
