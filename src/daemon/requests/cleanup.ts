import { formatBytes } from "../../lib/bytes.ts";
import { instantMs } from "../../lib/clock.ts";
import type { Steps } from "../../lib/steps.ts";
import { problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Outline } from "../../model/outline.ts";
import type { Answer } from "../../model/request.ts";
import type { RetentionRules, RunPart } from "../../model/retention.ts";
import { ENDED_PLACES, isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import { type EndedTask, type Outdated, outdated, outdatedRemains } from "../../plan/retention.ts";
import { listing } from "../../store/listing.ts";
import { lastManifest } from "../../store/manifest-file.ts";
import { endedFiles } from "../../store/outlines.ts";
import { readTask, TaskReader } from "../../store/reader.ts";
import { removeParts, removeTask } from "../../store/retention.ts";
import { isOnRecord, lastWritten, partsOf, type RunParts, runsIn } from "../../store/run-parts.ts";
import type { Supervisor } from "../supervisor.ts";
import { type CleanupChoice, chosenBy } from "./cleanup-choice.ts";
import { finishCleanup, type Uses, usesOf } from "./cleanup-finish.ts";
import { type Need, type NeedOf, needsOf } from "./cleanup-needs.ts";

/** What a clean-up removes, and who requested it; without a choice, among all tasks. */
interface Cleaning extends CleanupChoice {
  readonly rules: RetentionRules;
  readonly dryRun: boolean;
  readonly actor: string;
}

interface Ended extends EndedTask {
  readonly need: Need | null;
  readonly version: number;
  readonly endedAt: string | undefined;
}

/** Answers that are only words, in one step. */
const AT_ONCE = 10_000;

/** Of a dry run: a step costs a microsecond, and the outline of an unchanged record two; a changed one is read from the disk. */
const OUTLINES_A_STEP = 16;

/** Ids named in an audit entry, which must be short. */
const MAX_NAMED = 20;

/** Folders whose size a dry run reports: measuring one takes longer than all else in its answer. */
const MAX_MEASURED = 5_000;

/** Removes what the rules allow, a task in each step; returns an answer for each removal, or each that a dry run would make. */
export function* cleanupSteps(supervisor: Supervisor, cleaning: Cleaning): Steps<Answer[]> {
  const { rules, dryRun, actor } = cleaning;
  const { layout, clock, onProgress = () => {} } = supervisor.context;
  const nowMs = clock.now();
  const [unread] = supervisor.queue.arrivals.unread.values();
  // The unreadable task may need any ended one: as its parent, or for its environment.
  if (unread !== undefined && !dryRun) return [refusal(unread)];
  const ended: Ended[] = [];
  const uses = new Map<TaskId, Uses>();
  const { isChosen, refused } = yield* chosenBy(supervisor, cleaning);
  const needOf = needsOf(supervisor);
  const isNeeded = (task: Outline): boolean => needOf(task) !== null;
  const reader = new TaskReader(layout);
  const takesSome = outdatedRemains(Number.POSITIVE_INFINITY, rules).length > 0;
  const takesRemains = isChosen === null && (takesSome || rules.appliesKeep);
  // Of a million tasks, the map takes a tenth of a dry run, which reads it for remains alone.
  const isKnown = takesRemains || !dryRun;
  const isQuick = dryRun && rules.bytes === null;
  let seen = 0;
  for (const place of ENDED_PLACES) {
    const listed = yield* listing(layout, place);
    for (const { id, outline } of endedFiles(layout, place, { listed, onProgress })) {
      const task = outline ?? endedOf(reader.read(id));
      if (task !== null) {
        if (isKnown) uses.set(id, usesOf(task));
        if (isChosen === null || isChosen(task)) ended.push(toEnded(supervisor, task, { rules, needOf }));
      }
      seen += 1;
      if (!isQuick || seen % OUTLINES_A_STEP === 0) yield;
    }
  }
  const toGo = yield* outdated(ended, { rules, nowMs });
  if (!dryRun) noteCleaning(supervisor, toGo, actor);
  const kept = toGo.needed.flatMap(({ id, need }) => (need === null ? [] : [{ id, kept: need }]));
  const answers: Answer[] = [...refused, ...kept];
  for (const [index, one] of toGo.tasks.entries()) {
    const answer =
      dryRun && index >= MAX_MEASURED
        ? { id: one.task.id, done: "would be removed" }
        : takeTask(supervisor, one, { dryRun, isNeeded });
    if (answer !== null) answers.push(answer);
    if (answer?.done !== undefined && !dryRun) uses.delete(one.task.id);
    if (!dryRun || index < MAX_MEASURED || index % AT_ONCE === 0) yield;
  }
  for (const { task, parts } of toGo.parts) {
    const isStill = (): boolean => isAsSeen(supervisor, task, isNeeded);
    const answer = takeParts(supervisor, task.id, { parts, dryRun, isStill });
    if (answer !== null) answers.push(answer);
    yield;
  }
  for (const ids of takesRemains ? runsIn(layout) : []) {
    for (const id of ids) {
      const isTasks = uses.has(id) || supervisor.queue.tasks.has(id) || isOnRecord(layout, id);
      const answer = isTasks ? null : takeRemains(supervisor, id, { rules, dryRun, nowMs });
      if (answer !== null) answers.push(answer);
      yield;
    }
  }
  if (dryRun) return answers;
  const finished = yield* finishCleanup(supervisor, uses, nowMs);
  return finished.ok ? answers : [...answers, { id: "clean", problem: { ...finished.error } }];
}

function refusal(unread: string): Answer {
  const message = `Cannot clean up: an unreadable record may need what would be removed: ${unread}`;
  return { id: "clean", problem: problem("HOME_UNUSABLE", message, "make it readable; see `stint doctor`") };
}

/** The ended task that was read; null where it is gone, cannot be read, or is not ended. */
function endedOf(read: ReturnType<typeof readTask>): Task | null {
  return read.ok && isTerminal(read.value.status.state) ? read.value : null;
}

function toEnded(
  supervisor: Supervisor,
  task: Outline,
  { rules, needOf }: { rules: RetentionRules; needOf: NeedOf },
): Ended {
  const { id, resourceVersion } = task.metadata;
  const { endedAt } = task.status;
  const isDead = task.status.state === "failed";
  const need = needOf(task);
  const isMeasured = rules.bytes !== null && (!isDead || rules.takesDeadLetter);
  return {
    id,
    version: resourceVersion,
    endedAt,
    isDead,
    endedAtMs: endedAt === undefined ? Number.POSITIVE_INFINITY : instantMs(endedAt),
    need,
    isNeeded: need !== null,
    keep: task.spec.artifacts?.keep,
    bytes: isMeasured ? sumOf(partsOf(supervisor.context.layout, id), outgoing(rules)) : 0,
  };
}

/** The parts of a run that are removed with their task, at any age. */
function outgoing({ takes }: RetentionRules): (RunPart | "own")[] {
  return ["own", "logs", ...takes];
}

function sumOf(found: RunParts, parts: readonly (RunPart | "own")[]): number {
  return parts.reduce((total, part) => total + found[part].bytes, 0);
}

/** Removes a task; null where it was retried since it was listed, or is needed now. */
function takeTask(
  supervisor: Supervisor,
  { task, parts }: Outdated<Ended>["tasks"][number],
  { dryRun, isNeeded }: Pick<Cleaning, "dryRun"> & { isNeeded: (task: Outline) => boolean },
): Answer | null {
  const { layout } = supervisor.context;
  const { id } = task;
  const found = partsOf(layout, id);
  const bytes = sumOf(found, ["own", ...parts]);
  const keptBytes = sumOf(
    found,
    (["artifacts", "checkpoint"] as const).filter((part) => !parts.includes(part)),
  );
  const kept = keptBytes > 0 ? `; ${formatBytes(keptBytes)} of artifacts and checkpoints stay` : "";
  const size = { bytes, ...(keptBytes > 0 && { keptBytes }) };
  if (dryRun) return { id, done: `would be removed, ${formatBytes(bytes)}${kept}`, ...size };
  if (!isAsSeen(supervisor, task, isNeeded)) return null;
  const removed = removeTask(layout, id, parts);
  return removed.ok ? { id, done: `removed${kept}`, ...size } : { id, problem: { ...removed.error } };
}

/** False where a task was retried since it was listed, even if it has ended again, or is needed now. */
function isAsSeen(
  { context: { layout } }: Supervisor,
  { id, version, endedAt }: Pick<Ended, "id" | "version" | "endedAt">,
  isNeeded: (task: Outline) => boolean,
): boolean {
  const now = endedOf(readTask(layout, id));
  if (now === null || !("endedAt" in now.status) || now.status.endedAt !== endedAt) return false;
  return now.metadata.resourceVersion === version && !isNeeded(now);
}

/** Removes parts of a run; null where there are none, or they must stay by now. */
function takeParts(
  { context: { layout } }: Supervisor,
  id: TaskId,
  {
    parts,
    dryRun,
    isStill = null,
  }: { parts: readonly RunPart[]; dryRun: boolean; isStill?: (() => boolean) | null },
): Answer | null {
  const found = partsOf(layout, id);
  const there = parts.filter((part) => found[part].paths.length > 0);
  if (there.length === 0) return null;
  const bytes = sumOf(found, there);
  const what = there.join(" and ");
  if (dryRun) return { id, done: `its ${what} would be removed, ${formatBytes(bytes)}`, bytes };
  if (isStill?.() === false) return null;
  const removed = removeParts(layout, id, { parts: there, isOnRecord: isStill !== null });
  return removed.ok ? { id, done: `${what} removed`, bytes } : { id, problem: { ...removed.error } };
}

/** Removes parts that stayed when their task was removed; their age is that of the newest file. */
function takeRemains(
  supervisor: Supervisor,
  id: TaskId,
  { rules, dryRun, nowMs }: Pick<Cleaning, "rules" | "dryRun"> & { nowMs: number },
): Answer | null {
  const found = partsOf(supervisor.context.layout, id);
  const writtenMs = lastWritten(Object.values(found).flatMap(({ paths }) => paths));
  return takeParts(supervisor, id, {
    parts: outdatedRemains(nowMs - writtenMs, rules, lastManifest(supervisor.context.layout, id)?.task?.keep),
    dryRun,
  });
}

function noteCleaning(supervisor: Supervisor, { tasks, parts }: Outdated<Ended>, actor: string): void {
  const named = (what: string, of: Outdated<Ended>["tasks"]): string[] => {
    const first = of.slice(0, MAX_NAMED).map(({ task }) => task.id);
    return of.length > 0 ? [`${of.length} ${what}: ${first.join(" ")}`] : [];
  };
  const details = [
    ...named("tasks", tasks),
    ...(["logs", "artifacts", "checkpoint"] as const).flatMap((part) =>
      named(
        part,
        parts.filter((one) => one.parts.includes(part)),
      ),
    ),
  ];
  supervisor.committer.audit(details.map((detail) => ({ event: "cleanup", actor, detail })));
}
