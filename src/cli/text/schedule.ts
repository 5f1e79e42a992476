import type { ScheduleView } from "../../desk/schedules.ts";
import { timestamp } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/duration.ts";
import { localTime } from "../../lib/local-time.ts";
import { asLines } from "../../lib/printable.ts";
import { describeTiming } from "./cron.ts";

/** The first line of `schedules ls`, and one for each schedule. */
export function scheduleRows(views: readonly ScheduleView[], nowMs: number): string[][] {
  return [
    ["NAME", "LAST", "WHEN"],
    ...views.map((view) => [view.name, lastInWords(view, nowMs), whenInWords(view, nowMs)]),
  ];
}

/** `next in 3h (01:30:00), then 2026-05-02 01:30:00`, from instants in ms since the epoch. */
export function nextInWords(nextMs: readonly number[], nowMs: number): string {
  const [first, second] = nextMs;
  if (first === undefined) return "no further firing";
  const then = second === undefined ? "" : `, then ${localTime(second, nowMs)}`;
  return `next in ${formatDuration(first - nowMs)} (${localTime(first, nowMs)})${then}`;
}

function whenInWords({ read, next, problem }: ScheduleView, nowMs: number): string {
  if (read === null) return "has faults and does not fire";
  const { timing, isPaused, timeZone } = read.schedule;
  const zone = timing.type === "cron" ? zoneInWords(timeZone) : "";
  const comes = isPaused
    ? "paused"
    : nextInWords(
        next.map(({ at }) => Date.parse(at)),
        nowMs,
      );
  return `${describeTiming(timing)}${zone}, ${comes}${problem === null ? "" : `; would queue nothing: ${problem.split("\n", 1)[0]}`}`;
}

/** Empty where it is the zone of this machine. */
function zoneInWords(timeZone: string): string {
  return timeZone === new Intl.DateTimeFormat().resolvedOptions().timeZone ? "" : ` in ${timeZone}`;
}

function lastInWords({ last }: ScheduleView, nowMs: number): string {
  if (last === null) return "-";
  const when = localTime(last.firedFor, nowMs);
  if (last.problem !== undefined) return `${when} queued nothing`;
  const [first] = last.tasks;
  const outcome = last.tasks.find(({ state }) => state === "failed") ?? first;
  const reason = outcome?.reason === undefined ? "" : ` (${outcome.reason})`;
  const many = last.tasks.length > 1 ? ` and ${last.tasks.length - 1} more` : "";
  return `${when} ${first?.id ?? ""}${many} ${outcome?.state ?? ""}${reason}`;
}

/** All details of a schedule. */
export function showSchedule(view: ScheduleView, nowMs: number): string {
  const { name, path, read, faults, next, last, problem } = view;
  const lines: [string, string][] = [["file", path]];
  if (read === null) return `${asLines([name, `  file      ${path}`, ""])}${faults ?? ""}\n`;
  const { schedule, work, slot } = read;
  lines.push(["when", whenInWords({ ...view, problem: null }, nowMs)]);
  if (schedule.timing.type === "cron")
    lines.push(["cron", `${schedule.timing.expression} (${schedule.timeZone})`]);
  lines.push([
    "queues",
    work.type === "file" ? work.path : work.drafts.map((draft) => draft.name).join(", "),
  ]);
  lines.push(["overlap", `${schedule.overlap ?? "dropIfRunning"} in the lane ${slot}`]);
  lines.push(["catchUp", catchUpInWords(schedule)]);
  if (schedule.jitterMs > 0) lines.push(["jitter", `up to ${formatDuration(schedule.jitterMs)}`]);
  if (schedule.fromMs !== undefined) lines.push(["from", localTime(schedule.fromMs, nowMs)]);
  if (schedule.untilMs !== undefined) lines.push(["until", localTime(schedule.untilMs, nowMs)]);
  if (problem !== null) lines.push(["problem", problem]);
  for (const { at, firedFor } of next) {
    const jitter = at === firedFor ? "" : `, for ${localTime(firedFor, nowMs)}`;
    lines.push(["next", `${localTime(at, nowMs)} (in ${formatDuration(Date.parse(at) - nowMs)}${jitter})`]);
  }
  if (last !== null) lines.push(["last", localTime(last.firedFor, nowMs)]);
  if (last?.problem !== undefined) lines.push(["", `queued nothing: ${last.problem}`]);
  for (const { id, state, reason } of last?.tasks ?? [])
    lines.push(["", `${id} ${state}${reason === undefined ? "" : ` (${reason})`}`]);
  return asLines([name, ...lines.flatMap(([key, text]) => fieldLines(key, text))]);
}

/** A field of the details; further lines of its text are indented below it. */
function fieldLines(key: string, text: string): string[] {
  return text.split("\n").map((line, index) => `  ${(index === 0 ? key : "").padEnd(8)}  ${line}`.trimEnd());
}

function catchUpInWords({ catchUp, windowMs, cap }: NonNullable<ScheduleView["read"]>["schedule"]): string {
  if (catchUp === "none") return "none: missed firings are skipped";
  const window = `of the last ${formatDuration(windowMs)}`;
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
  const { type, ...when } = timing;
  return {
    name,
    path,
    uid: state?.uid === "" ? undefined : state?.uid,
    type,
    ...when,
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
