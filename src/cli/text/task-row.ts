import { type Fold, memberOf } from "../../desk/fold.ts";
import type { ProgressSeen } from "../../desk/progress.ts";
import { formatBytes } from "../../lib/bytes.ts";
import { formatDuration } from "../../lib/duration.ts";
import { localTime } from "../../lib/local-time.ts";
import { whyFailed, withoutSearchPath } from "../../model/failure-text.ts";
import { describeKind } from "../../model/kind.ts";
import { gpusOf } from "../../model/resources.ts";
import { isActive } from "../../model/state.ts";
import { isCollecting, openAttempt, type Task } from "../../model/task.ts";
import { preparationInWords, stopInWords, stoppedWhy } from "./active.ts";
import { aboutLeft, progressText } from "./progress-text.ts";
import type { Style } from "./style.ts";
import { numbersText } from "./sweep.ts";
import type { Cell } from "./table.ts";

/** What the rows of a listing have in common. */
export interface RowLayout {
  readonly nowMs: number;
  readonly style: Style;
  /** With the columns GPU, PRIORITY and SUBMITTED. */
  readonly isWide: boolean;
}

/** The column of the names, which is shortened first. */
export const NAME_COLUMN = 1;

const FIRST_TITLES = ["ID", "NAME", "STATE", "ATTEMPT", "ELAPSED"];
const WIDE_TITLES = ["GPU", "PRIORITY", "SUBMITTED"];

/** The row of headings. */
export function titleRow({ style, isWide }: RowLayout): Cell[] {
  const titles = [...FIRST_TITLES, ...(isWide ? WIDE_TITLES : []), "REASON"];
  return titles.map((text) => ({ text, paint: style.bold }));
}

/** What stands in a column of `--wide` where a task has no value of its own. */
const NO_VALUE = new Set(["-", "0"]);

/** A narrower terminal has no room for a column that says nothing. */
const ROOMY_COLUMNS = 80;
const ATTEMPT_COLUMN = FIRST_TITLES.indexOf("ATTEMPT");

/** The rows without the columns of `--wide` in which no row has a value, and on a narrow terminal without attempts that are all the first. */
export function withoutEmpty(
  rows: readonly (readonly Cell[])[],
  { isWide, columns }: Pick<RowLayout, "isWide"> & { readonly columns: number },
): readonly (readonly Cell[])[] {
  const wide = isWide ? WIDE_TITLES.map((_, index) => FIRST_TITLES.length + index) : [];
  const empty = wide.filter((column) => areAllIn(NO_VALUE, rows, column));
  if (columns < ROOMY_COLUMNS && areAllIn(FIRST_ATTEMPTS, rows, ATTEMPT_COLUMN)) empty.push(ATTEMPT_COLUMN);
  return empty.length === 0 ? rows : rows.map((row) => row.filter((_, column) => !empty.includes(column)));
}

const FIRST_ATTEMPTS = new Set(["-", "1"]);

function areAllIn(texts: ReadonlySet<string>, rows: readonly (readonly Cell[])[], column: number): boolean {
  return rows.slice(1).every((row) => {
    const cell = row[column];
    return typeof cell === "string" && texts.has(cell);
  });
}

/** What a tree adds to a row: before its name, and after its reason. */
export interface Beside {
  readonly branches: string;
  readonly note: string;
}

/** What is known of a task beside its record: why a queued one has not started, or what prepares it, as a clause, and how far a running one is. */
interface Seen {
  readonly wait: string;
  readonly progress: ProgressSeen | null;
}

/** One row of a listing. */
export function taskRow(task: Task, { branches, note, ...seen }: Beside & Seen, layout: RowLayout): Cell[] {
  const { metadata, status } = task;
  const { style, nowMs } = layout;
  const reason = reasonOf(task, seen);
  return [
    String(metadata.number),
    `${branches}${metadata.name}`,
    style.state(status.state),
    status.attempt === 0 ? "-" : String(status.attempt),
    elapsedOf(task, nowMs),
    ...(layout.isWide ? wideCells(task, nowMs) : []),
    // The command tells tasks with one name apart where there is no reason to give.
    reason === null
      ? { text: joined(describeKind(task.spec.kind), note), paint: style.dim }
      : joined(reason, note),
  ];
}

/** One row for a whole sweep. */
export function foldRow(fold: Fold, { branches, note }: Beside, { nowMs, style, isWide }: RowLayout): Cell[] {
  const { group, running, queued, leftMs, last } = fold;
  const first = memberOf(fold);
  const oldest = Math.min(
    ...[running[0], queued[0]].flatMap((task) =>
      task === undefined ? [] : [Date.parse(task.metadata.createdAt)],
    ),
  );
  const counts = [
    [fold.failed, "failed"],
    [running.length, "running"],
    [queued.length, "queued"],
    [fold.completed, "completed"],
    [fold.cancelled, "cancelled"],
    [fold.cleaned, "cleaned up"],
  ] as const;
  const state = last === undefined ? (running.length > 0 ? "running" : "queued") : last.status.state;
  return [
    numbersText(group),
    `${branches}${group.name}`,
    style.state(last !== undefined && fold.failed > 0 ? "failed" : state),
    "-",
    last === undefined ? formatDuration(nowMs - oldest) : "-",
    ...(isWide && first !== undefined ? wideCells(first, nowMs) : []),
    joined(
      joined(
        `sweep: ${counts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`])).join(", ")}`,
        leftMs === null ? "" : aboutLeft(leftMs),
      ),
      note,
    ),
  ];
}

function joined(text: string, note: string): string {
  return [text, note].filter((part) => part !== "").join("; ");
}

function wideCells({ metadata, spec }: Task, nowMs: number): string[] {
  const { resources, priority } = spec;
  const gpus = gpusOf(resources);
  const share = resources.vramBytes === undefined ? "" : ` x ${formatBytes(resources.vramBytes)}`;
  return [gpus === 0 ? "-" : `${gpus}${share}`, String(priority), localTime(metadata.createdAt, nowMs)];
}

/** The running time of a running task, the duration of the last attempt of an ended one, the age of a queued one. */
function elapsedOf(task: Task, nowMs: number): string {
  const ms = elapsedMs(task, nowMs);
  return ms === null ? "-" : formatDuration(ms);
}

/** The same in ms; null where it never ran. */
export function elapsedMs({ metadata, status }: Task, nowMs: number): number | null {
  const last = status.attempts.at(-1);
  if (status.state === "queued") return nowMs - Date.parse(metadata.createdAt);
  if (last === undefined) return null;
  // A job whose results are collected has ended.
  if (last.state === "running")
    return (last.found?.endedAtMs ?? nowMs) - Date.parse(last.startedAt ?? last.claimedAt);
  return last.startedAt === undefined ? null : last.durationMs;
}

/** Why a task waits, failed, was cancelled, or does not just run; null where there is nothing to give a reason for. */
function reasonOf(task: Task, { wait, progress }: Seen): string | null {
  const { status, spec } = task;
  if (isActive(status.state)) {
    const { stop, paused } = openAttempt(task) ?? {};
    if (isCollecting(task)) return "its artifacts and other results are collected";
    if (stop !== undefined) return stopInWords(stop);
    if (paused !== undefined) return `paused by ${paused.actor}: ${describeKind(spec.kind)}`;
    const doing =
      preparationInWords(task, wait === "" ? null : wait) ??
      (progress === null ? null : progressText(progress));
    return doing === null ? null : `${doing}: ${describeKind(spec.kind)}`;
  }
  switch (status.state) {
    case "queued": {
      const why =
        status.reason === "Backoff" || status.reason === "Preflight"
          ? withoutSearchPath(whyFailed(task))
          : "";
      return why === "" ? wait : `${wait}; ${why}`;
    }
    case "completed":
      return stoppedWhy(task);
    case "cancelled":
      return status.message;
    case "failed":
      return withoutSearchPath(whyFailed(task));
  }
}
