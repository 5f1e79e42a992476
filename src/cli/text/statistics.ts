import type { EstimateResult } from "../../desk/queue-estimate.ts";
import type { Spread, Statistics } from "../../desk/statistics.ts";
import { counted } from "../../lib/counted.ts";
import { formatDuration } from "../../lib/duration.ts";
import { localTime } from "../../lib/local-time.ts";
import { asLines } from "../../lib/printable.ts";
import { className } from "../../model/failure.ts";
import { renderTable } from "./table.ts";
import { wrapped } from "./wrap.ts";

/** Labels with few GPU-hours are left to `--json`. */
const SHOWN_LABELS = 20;

/** All statistics, for display. */
export function renderStatistics(
  stats: Statistics & EstimateResult,
  { columns, nowMs }: { readonly columns: number; readonly nowMs: number },
): string {
  const oldest =
    stats.oldestQueuedMs === null ? [] : [["  oldest queued", formatDuration(stats.oldestQueuedMs)]];
  const rate =
    stats.successRate === null
      ? []
      : [["  success rate", `${percent(stats.successRate)} of tasks that completed or failed`]];
  const sections = [
    [["tasks"], ...countRows(stats.states), ...oldest, ...rate],
    [["attempts"], ...countRows(attemptCounts(stats))],
    [["failed attempts"], ...countRows(stats.failures)],
    timeRows(stats),
    gpuRows(stats.gpuHours),
  ].filter((section) => section.length > 1);
  const tables = sections.map((section) => renderTable(section, { columns }));
  const estimate = estimateText(stats, nowMs);
  const queue =
    estimate === null ? [] : [`queue\n${asLines(wrapped(estimate, columns - 2).map((line) => `  ${line}`))}`];
  const texts = [...tables, ...queue];
  return texts.length === 0 ? "no tasks\n" : texts.join("\n");
}

/** What the state of an attempt is called where it stands alone. */
const ATTEMPT_WORDS: Readonly<Record<string, string>> = { timeout: "timed out", orphaned: "process lost" };

function attemptCounts({ attempts, retries }: Statistics): Record<string, number> {
  const counts = Object.entries(attempts).map(([state, count]) => [ATTEMPT_WORDS[state] ?? state, count]);
  return { ...(Object.fromEntries(counts) as Record<string, number>), "of these, retried": retries };
}

function countRows(counts: Readonly<Record<string, number>>): string[][] {
  return Object.entries(counts)
    .filter(([, amount]) => amount > 0)
    .map(([key, amount]) => [`  ${key.replace(/^\w+(?=\/)/, className)}`, String(amount)]);
}

/** Rounded, but 100 % means all, and 0 % means none. */
function percent(share: number): string {
  const isEnd = share === 0 || share === 1;
  const tenths = Math.round(share * 1_000);
  return `${(isEnd ? tenths : Math.min(999, Math.max(1, tenths))) / 10} %`;
}

function timeRows({ ran, waited }: Statistics): string[][] {
  const row = (name: string, spread: Spread | null, of: string): string[][] =>
    spread === null
      ? []
      : [
          [
            `  ${name}`,
            ...[spread.p50Ms, spread.p95Ms, spread.maxMs].map(formatDuration),
            counted(spread.count, of),
          ],
        ];
  return [
    ["time", "P50", "P95", "MAX", "OF"],
    ...row("running", ran, "completed task"),
    ...row("waiting", waited, "ended task"),
  ];
}

function gpuRows({ total, byLabel }: Statistics["gpuHours"]): string[][] {
  if (total === 0) return [];
  const labels = Object.entries(byLabel);
  const hours = (amount: number): string => (Math.round(amount * 100) / 100).toString();
  return [
    ["GPU-hours"],
    ["  total", hours(total)],
    ...labels.slice(0, SHOWN_LABELS).map(([label, amount]) => [`  ${label}`, hours(amount)]),
    ...(labels.length > SHOWN_LABELS ? [[`  ${labels.length - SHOWN_LABELS} more labels`, ""]] : []),
  ];
}

function estimateText({ emptyQueue, noEstimate }: EstimateResult, nowMs: number): string | null {
  if (noEstimate !== null) return `no estimate of when it is empty: ${noEstimate}`;
  if (emptyQueue === null) return null;
  const { emptyInMs, tasks, held, blocked, parallel, eachMs, isScheduled } = emptyQueue;
  const left = [
    ...(held === 0 ? [] : [counted(held, "held task")]),
    ...(blocked === 0 ? [] : [`${counted(blocked, "task")} that cannot start`]),
  ];
  const except = left.length === 0 ? "" : `, not counting ${left.join(" and ")}`;
  if (isScheduled)
    return `empty at about ${localTime(nowMs + emptyInMs, nowMs)}, once the last scheduled task has run${except}`;
  return `empty in about ${inSeconds(emptyInMs)}: ${counted(tasks, "task")}, ${parallel} at a time, ${inSeconds(eachMs)} each on average${except}`;
}

function inSeconds(ms: number): string {
  return formatDuration(Math.ceil(ms / 1_000) * 1_000);
}
