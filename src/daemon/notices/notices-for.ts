import { type Attempt, failureOfAttempt } from "../../model/attempt.ts";
import type { BatchCounts, Notice, NoticeEvent, NoticeFacts, NoticeReceivers } from "../../model/notice.ts";
import type { OpenGroupMark } from "../../model/open-group.ts";
import type { Outline } from "../../model/outline.ts";
import { isService } from "../../model/service.ts";
import { ENDED_PLACES, isTerminal, type State } from "../../model/state.ts";
import { lastEnded, type Task } from "../../model/task.ts";
import { outputFiles } from "../../run/output.ts";
import type { Layout } from "../../store/layout.ts";
import { endedBeside } from "../../store/notices.ts";
import { isOpenGroup, readOpenGroup } from "../../store/open-groups.ts";
import { eachOutline } from "../../store/outlines.ts";
import { readTask } from "../../store/reader.ts";
import type { RecordMove } from "../../store/writer.ts";

/** What notices are made from. */
interface NoticeContext {
  readonly layout: Layout;
  /** Of config.yaml. */
  readonly receivers: NoticeReceivers;
  /** Returns all tasks that were unfinished before; called only where a `batchEnd` has receivers. */
  readonly known: () => readonly Task[];
  /** True for a batch that is still being published. */
  readonly isComing?: (batch: string | undefined) => boolean;
}

/** The events of a ping; `deadLetter` would report the same failure twice. */
const PINGED: readonly NoticeEvent[] = ["start", "success", "failure"];

/** The notices of these moves. Their ids depend on the record alone: after a crash the same notices are made again. */
export function noticesFor(written: readonly RecordMove[], context: NoticeContext): Notice[] {
  const ended = written.filter(isEnd).map(({ after }) => after);
  return written.flatMap((step) => {
    const events = eventsOf(step);
    const notices = events.flatMap((event) => noticesOf(step.after, { event, context }));
    return isEnd(step) ? [...notices, ...batchEndNotices(step.after, { ended, context })] : notices;
  });
}

function isEnd({ before, after }: RecordMove): boolean {
  return isTerminal(after.status.state) && (before === null || !isTerminal(before.status.state));
}

/** The events of a move. A run is a task with all its retries; a task with an interval succeeds once for each repetition. */
function eventsOf(step: RecordMove): NoticeEvent[] {
  const { before, after } = step;
  const { status } = after;
  if (status.state === "preparing") {
    const isClaim = before?.status.state === "queued";
    return isClaim && attemptsOfRun(after).length === 1 ? ["start"] : [];
  }
  if (status.state === "queued") {
    const wasRunning = before === null || before.status.state !== "queued";
    return wasRunning && status.reason === "Interval" ? ["success"] : [];
  }
  if (!isEnd(step)) return [];
  if (status.state === "completed") return ["success"];
  return status.state === "failed" ? ["failure", "deadLetter"] : [];
}

function noticesOf(
  task: Task,
  { event, context, counts }: { event: NoticeEvent; context: NoticeContext; counts?: BatchCounts },
): Notice[] {
  const { layout, receivers } = context;
  const { uid, resourceVersion, updatedAt, environment } = task.metadata;
  const own = receiversOf(task.spec.on, event).map((receiver) => ({ receiver, origin: "task" as const }));
  const common = receiversOf(receivers, event).map((receiver) => ({ receiver, origin: "home" as const }));
  return [...own, ...common].map(
    ({ receiver, origin }, index): Notice => ({
      formatVersion: 1,
      id: `${uid}.${resourceVersion}.${event}.${index}`,
      event,
      at: updatedAt,
      receiver,
      origin,
      ...(environment !== undefined && { environment }),
      runId: attemptsOfRun(task)[0]?.token ?? uid,
      task: factsOf(task, layout),
      ...(counts !== undefined && { counts }),
      logTail: lastEnded(task)?.logTail ?? "",
      tries: 0,
    }),
  );
}

/** Tells that the other members of a sweep are held, to those who hear of the failure that was the last cause. */
export function holdNotices(
  failed: Task,
  { text, ...around }: Pick<NoticeContext, "layout" | "receivers"> & { readonly text: string },
): Notice[] {
  const context = { ...around, known: () => [] };
  return noticesOf(failed, { event: "hold", context }).map((one) => ({
    ...one,
    task: { ...one.task, error: `${text}: ${one.task.error ?? "no output"}` },
  }));
}

function receiversOf(receivers: NoticeReceivers | undefined, event: NoticeEvent) {
  if (event === "hold") return receivers?.failure ?? [];
  return [...(receivers?.[event] ?? []), ...(PINGED.includes(event) ? (receivers?.ping ?? []) : [])];
}

/** Made for the last task of a batch; where several end in one commit, for the last of these. */
function batchEndNotices(
  asked: Task,
  { ended, context }: { ended: readonly Task[]; context: NoticeContext },
): Notice[] {
  const { layout, receivers, known, isComing } = context;
  const { openGroup } = asked.metadata;
  // Nothing waits for a service: the last job has told the end.
  if (isService(asked)) return [];
  const task = withGroupReceivers(asked, layout);
  const isAsked =
    receiversOf(task.spec.on, "batchEnd").length + receiversOf(receivers, "batchEnd").length > 0;
  if (!isAsked) return [];
  const { batch, id } = task.metadata;
  if (openGroup === undefined ? isComing?.(batch) === true : isOpenGroup(layout, openGroup)) return [];
  const isBeside = ({ metadata: other }: Task): boolean =>
    openGroup === undefined
      ? batch !== undefined && other.batch === batch
      : other.openGroup?.id === openGroup.id;
  const together = [task, ...ended.filter((other) => other.metadata.id !== id && isBeside(other))];
  const gone = new Set(together.map(({ metadata }) => metadata.id));
  const isOpen = known().some(
    (other) => isBeside(other) && !isService(other) && !gone.has(other.metadata.id),
  );
  const isLast = ended.findLast((other) => gone.has(other.metadata.id) && !isService(other)) === asked;
  if (isOpen || !isLast) return [];
  const beside = openGroup === undefined ? endedBeside(layout, task) : endedInGroup(layout, openGroup);
  const all = new Map([...beside, ...together].map((one) => [one.metadata.id, one.status.state]));
  return noticesOf(task, { event: "batchEnd", context, counts: countsOf([...all.values()]) });
}

/** The notices of a group that is closed now, where all its tasks have ended: those of the end of the last one. */
export function groupEndNotices(
  group: OpenGroupMark,
  { layout, receivers, known }: Pick<NoticeContext, "layout" | "receivers" | "known">,
): Notice[] {
  if (known().some((one) => one.metadata.openGroup?.id === group.id && !isService(one))) return [];
  const ends = endedInGroup(layout, group).toSorted(byEnd);
  const last = ends.at(-1);
  if (last === undefined) return [];
  const counts = countsOf(ends.map(({ status }) => status.state));
  const read = readTask(layout, last.metadata.id);
  return read.ok
    ? noticesOf(withGroupReceivers(read.value, layout), {
        event: "batchEnd",
        context: { layout, receivers, known },
        counts,
      })
    : [];
}

function endedInGroup(layout: Layout, { id }: Pick<OpenGroupMark, "id">): Outline[] {
  return [...eachOutline(layout, ENDED_PLACES)].filter(({ metadata }) => metadata.openGroup?.id === id);
}

function byEnd({ status: left }: Outline, { status: right }: Outline): number {
  return (left.endedAt ?? "") < (right.endedAt ?? "") ? -1 : 1;
}

/** A task of a group tells the receivers of all its submissions. */
function withGroupReceivers(task: Task, layout: Layout): Task {
  const { openGroup } = task.metadata;
  if (openGroup === undefined) return task;
  const group = readOpenGroup(layout, openGroup.name);
  const batchEnd = group?.id === openGroup.id ? group.batchEnd : undefined;
  return batchEnd === undefined
    ? task
    : { ...task, spec: { ...task.spec, on: { ...task.spec.on, batchEnd } } };
}

function countsOf(states: readonly State[]): BatchCounts {
  const count = (state: State): number => states.filter((one) => one === state).length;
  return {
    total: states.length,
    completed: count("completed"),
    failed: count("failed"),
    cancelled: count("cancelled"),
  };
}

/** The attempts of this epoch since its last success. */
function attemptsOfRun({ metadata, status }: Task): Attempt[] {
  const own = status.attempts.filter(({ epoch }) => epoch === metadata.epoch);
  const success = own.slice(0, -1).findLastIndex(({ state }) => state === "completed");
  return own.slice(success + 1);
}

function factsOf(task: Task, layout: Layout): NoticeFacts {
  const { metadata, spec, status } = task;
  const last = status.attempts.at(-1);
  const ended = lastEnded(task);
  const failure = failureOfAttempt(ended);
  const [log = null] =
    last === undefined ? [] : outputFiles(layout.attempt(metadata.id, last.number), spec.logs.separate);
  return {
    id: metadata.id,
    uid: metadata.uid,
    name: metadata.name,
    number: metadata.number,
    state: status.state,
    reason: "reason" in status ? (status.reason ?? null) : null,
    failureCode: failure?.code ?? null,
    failureClass: failure?.class ?? null,
    error: failure?.error ?? null,
    exitCode: ended?.exitCode ?? null,
    signal: ended?.signal ?? null,
    attempt: status.attempt,
    durationMs: ended?.durationMs ?? null,
    logPath: log,
    labels: metadata.labels,
    batch: metadata.batch ?? null,
    cwd: spec.kind.cwd,
  };
}
