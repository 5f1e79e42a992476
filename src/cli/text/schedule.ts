import type { ScheduleView } from "../../desk/schedules.ts";
import { timestamp } from "../../lib/clock.ts";
import { counted } from "../../lib/counted.ts";
import { formatDuration } from "../../lib/duration.ts";
import { localTime } from "../../lib/local-time.ts";
import { asLines } from "../../lib/printable.ts";
import { localZone, wallTime } from "../../lib/zone.ts";
import { describeKind } from "../../model/kind.ts";
import { timingJson } from "../../model/schedule.ts";
import type { Draft } from "../../model/submission.ts";
import { describeTiming } from "./cron.ts";

const TITLES = ["NEXT", "LEFT", "LAST", "NAME", "RESULT", "WHEN"];
/** The column that becomes shorter on a narrow terminal. */
export const SCHEDULE_COLUMN = TITLES.indexOf("NAME");

/** The table of `schedules ls`: the titles, then one row for each schedule, the one that fires next first. */
export function scheduleRows(views: readonly ScheduleView[], nowMs: number): string[][] {
  const rows = views
    .map((view) => ({ view, nextMs: nextMsOf(view) }))
    .toSorted((left, right) => left.nextMs - right.nextMs);
  return [TITLES, ...rows.map(({ view, nextMs }) => rowOf(view, { nextMs, nowMs }))];
}

/** Infinity where it does not fire. */
function nextMsOf({ read, next }: ScheduleView): number {
  const [first] = next;
  return first === undefined || read === null || read.schedule.isPaused
    ? Number.POSITIVE_INFINITY
    : Date.parse(first.at);
}

function rowOf(view: ScheduleView, { nextMs, nowMs }: { nextMs: number; nowMs: number }): string[] {
  const { name, read, last } = view;
  const isDue = Number.isFinite(nextMs);
  const state = read === null ? "faulty" : read.schedule.isPaused ? "paused" : "-";
  return [
    isDue ? localTime(nextMs, nowMs) : state,
    isDue ? formatDuration(Math.max(0, nextMs - nowMs)) : "-",
    last === null ? "-" : localTime(last.firedFor, nowMs),
    name,
    resultInWords(last),
    read === null ? `does not fire: stint schedules show ${name}` : timingInWords(view),
  ];
}

/** What the last firing queued, and how that ended. */
function resultInWords(last: ScheduleView["last"]): string {
  if (last === null) return "-";
  if (last.problem !== undefined) return "queued nothing";
  const [only] = last.tasks;
  if (only === undefined) return "-";
  return last.tasks.length === 1 ? only.state : countsInWords(last.tasks);
}

/** `12 tasks: 10 completed, 2 failed`. */
function countsInWords(tasks: readonly { readonly state: string }[]): string {
  const counts = [...Map.groupBy(tasks, ({ state }) => state)].map(
    ([state, those]) => `${those.length} ${state}`,
  );
  return `${counted(tasks.length, "task")}: ${counts.join(", ")}`;
}

/** `next in 3h (01:30:00), then 2026-05-02 01:30:00`, from instants in ms since the epoch. */
export function nextInWords(nextMs: readonly number[], nowMs: number): string {
  const [first, second] = nextMs;
  if (first === undefined) return "no further firing";
  const then = second === undefined ? "" : `, then ${localTime(second, nowMs)}`;
  return `next in ${formatDuration(first - nowMs)} (${localTime(first, nowMs)})${then}`;
}

/** Without the next times, which have lines of their own. */
function whenInWords(read: NonNullable<ScheduleView["read"]>, next: ScheduleView["next"]): string {
  const { isPaused } = read.schedule;
  const note = isPaused ? ", paused" : next.length === 0 ? ", no further firing" : "";
  return `${timingInWords({ read, problem: null })}${note}`;
}

function timingInWords({ read, problem }: Pick<ScheduleView, "read" | "problem">): string {
  if (read === null) return "";
  const { timing, timeZone } = read.schedule;
  const zone = timing.type === "cron" ? zoneInWords(timeZone) : "";
  const fault = problem === null ? "" : `; would queue nothing: ${problem.split("\n", 1)[0]}`;
  return `${describeTiming(timing)}${zone}${fault}`;
}

/** Empty where it is the zone of this machine. */
function zoneInWords(timeZone: string): string {
  return timeZone === localZone() ? "" : ` in ${timeZone}`;
}

/** All details of a schedule. */
export function showSchedule(view: ScheduleView, nowMs: number): string {
  const { name, path, read, faults, next, last, problem } = view;
  const lines: [string, string][] = [["file", path]];
  if (read === null) return `${asLines([name, `  file      ${path}`, ""])}${faults ?? ""}\n`;
  const { schedule, work, slot } = read;
  lines.push(["when", whenInWords(read, next)]);
  if (schedule.timing.type === "cron")
    lines.push(["cron", `${schedule.timing.expressions.join(", ")} (${schedule.timeZone})`]);
  lines.push(["queues", work.type === "file" ? work.path : queuedInWords(work.drafts)]);
  lines.push(["overlap", `${schedule.overlap ?? "dropIfRunning"} in the lane ${slot}`]);
  lines.push(["catchUp", catchUpInWords(schedule)]);
  if (schedule.jitterMs > 0) lines.push(["jitter", `up to ${formatDuration(schedule.jitterMs)}`]);
  if (schedule.fromMs !== undefined) lines.push(["from", localTime(schedule.fromMs, nowMs)]);
  if (schedule.untilMs !== undefined) lines.push(["until", localTime(schedule.untilMs, nowMs)]);
  if (problem !== null) lines.push(["problem", problem]);
  for (const { at, firedFor } of next) {
    const jitter = at === firedFor ? "" : `, for ${localTime(firedFor, nowMs)}`;
    const there = schedule.timing.type === "cron" ? wallTimeIn(schedule.timeZone, at) : "";
    lines.push([
      "next",
      `${localTime(at, nowMs)} (in ${formatDuration(Date.parse(at) - nowMs)}${jitter})${there}`,
    ]);
  }
  if (last !== null)
    lines.push(["last", `${localTime(last.firedFor, nowMs)}${last.byHand === true ? ", run by hand" : ""}`]);
  if (last?.problem !== undefined) lines.push(["", `queued nothing: ${last.problem}`]);
  const fired = last?.tasks ?? [];
  if (fired.length > MOST_LISTED) lines.push(["", countsInWords(fired)]);
  const listed = fired.length > MOST_LISTED ? fired.filter(({ state }) => state === "failed") : fired;
  for (const { id, state, reason } of listed.slice(0, MOST_LISTED))
    lines.push(["", `${id} ${state}${reason === undefined ? "" : ` (${reason})`}`]);
  return asLines([name, ...lines.flatMap(([key, text]) => fieldLines(key, text))]);
}

/** The names of tasks, and the command of a single one; a sweep is one name with its size. */
function queuedInWords(drafts: readonly Draft[]): string {
  const [only, another] = drafts;
  if (only !== undefined && another === undefined && only.group === undefined)
    return `${only.name}: ${describeKind(only.spec.kind)}`;
  const names = drafts.flatMap(({ name, group }) => {
    if (group === undefined) return [name];
    return group.index === 1 ? [`${group.name} (${counted(group.size, "member")})`] : [];
  });
  const more = names.length > MOST_LISTED ? ` and ${names.length - MOST_LISTED} more` : "";
  return `${names.slice(0, MOST_LISTED).join(", ")}${more}`;
}

/** The time in a zone that is not this machine's; else empty. */
function wallTimeIn(timeZone: string, at: string): string {
  if (timeZone === localZone()) return "";
  const { hour, minute } = wallTime(Date.parse(at), timeZone);
  return `, ${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")} in ${timeZone}`;
}

/** More tasks of a firing are counted. */
const MOST_LISTED = 10;

const DAY_MS = 86_400_000;

/** A field of the details; further lines of its text are indented below it. */
function fieldLines(key: string, text: string): string[] {
  return text.split("\n").map((line, index) => `  ${(index === 0 ? key : "").padEnd(8)}  ${line}`.trimEnd());
}

function catchUpInWords({ catchUp, windowMs, cap }: NonNullable<ScheduleView["read"]>["schedule"]): string {
  if (catchUp === "none") return "none: missed firings are skipped";
  const window = `of the last ${windowMs === DAY_MS ? "24 hours" : formatDuration(windowMs)}`;
  return catchUp === "latest"
    ? `the latest missed firing ${window}`
    : `all missed firings ${window}, ${cap} at most`;
}

/** A schedule as JSON: times in RFC 3339, durations in ms. */
export function scheduleJson({ read, state, ...view }: ScheduleView): unknown {
  const { name, path, faults, problem, next, last } = view;
  if (read === null) return { name, path, faults, last };
  const { schedule, slot } = read;
  const { timing, timeZone, catchUp, windowMs, cap, jitterMs, fromMs, untilMs, isPaused } = schedule;
  return {
    name,
    path,
    uid: state?.uid === "" ? undefined : state?.uid,
    ...timingJson(timing),
    timeZone,
    words: describeTiming(timing),
    paused: isPaused,
    slot,
    overlap: schedule.overlap ?? "dropIfRunning",
    catchUp,
    windowMs,
    cap,
    jitterMs,
    ...(fromMs !== undefined && { from: timestamp(fromMs) }),
    ...(untilMs !== undefined && { until: timestamp(untilMs) }),
    next,
    last,
    ...(problem !== null && { problem }),
  };
}
