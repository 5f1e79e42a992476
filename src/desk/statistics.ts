import { failureOfAttempt } from "../model/attempt.ts";
import { figuresOf, type Outline } from "../model/outline.ts";
import { isTerminal, STATES } from "../model/state.ts";

/** Of several durations, in ms. */
export interface Spread {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

/** What is counted over the tasks of a home; the format of `stint stats --json`, beside the estimate. */
export interface Statistics {
  readonly states: Readonly<Record<string, number>>;
  /** Null where no task is queued. */
  readonly oldestQueuedMs: number | null;
  readonly attempts: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
  readonly retries: number;
  readonly orphans: number;
  /** Completed tasks among completed and failed ones, from 0 to 1; null where there is none. */
  readonly successRate: number | null;
  /** How long the last attempts of completed tasks ran; null where there is none. */
  readonly ran: Spread | null;
  /** How long ended tasks waited for their first start; null where none started. */
  readonly waited: Spread | null;
  /** Hours of reserved GPUs: of all ended tasks, and of those with a label, by `NAME=VALUE`. */
  readonly gpuHours: { readonly total: number; readonly byLabel: Readonly<Record<string, number>> };
}

/** Counts some tasks; `onCompleted` gets each completed one with its running time. */
export function statisticsOf(
  tasks: Iterable<Outline>,
  {
    nowMs,
    sinceMs,
    onCompleted,
  }: {
    readonly nowMs: number;
    /** Tasks that ended before are left out. */
    readonly sinceMs: number | null;
    readonly onCompleted: (task: Outline, ranMs: number) => void;
  },
): Statistics {
  const states: Record<string, number> = Object.fromEntries(STATES.map((state) => [state, 0]));
  const attempts: Record<string, number> = {};
  const failures: Record<string, number> = {};
  const ran: number[] = [];
  const waited: number[] = [];
  const gpuMsByLabel = new Map<string, number>();
  let allGpuMs = 0;
  let oldestQueuedMs: number | null = null;
  let retries = 0;
  let orphans = 0;
  const since = sinceMs === null ? "" : new Date(sinceMs).toISOString();
  for (const task of tasks) {
    const { metadata, status } = task;
    const isEnded = isTerminal(status.state);
    // Times on record sort as texts.
    if (isEnded && (status.endedAt ?? "") < since) continue;
    add(states, status.state);
    if (status.state === "queued" && metadata.createdAt !== undefined)
      oldestQueuedMs = Math.max(oldestQueuedMs ?? 0, nowMs - Date.parse(metadata.createdAt));
    for (const attempt of status.attempts) {
      add(attempts, attempt.state);
      const failure = failureOfAttempt(attempt);
      if (failure !== null) add(failures, `${failure.class}/${failure.code}`);
      if (attempt.state === "orphaned") orphans += 1;
      if ("retry" in attempt && attempt.retry !== undefined) retries += 1;
    }
    if (!isEnded) continue;
    const { ranMs, waitedMs, gpuMs } = figuresOf(task);
    if (waitedMs !== null) waited.push(waitedMs);
    allGpuMs += gpuMs;
    if (gpuMs > 0) addTo(gpuMsByLabel, metadata.labels, gpuMs);
    if (status.state !== "completed" || ranMs === null) continue;
    ran.push(ranMs);
    onCompleted(task, ranMs);
  }
  const { completed = 0, failed = 0 } = states;
  return {
    states,
    oldestQueuedMs,
    attempts,
    failures,
    retries,
    orphans,
    successRate: completed + failed === 0 ? null : completed / (completed + failed),
    ran: spreadOf(ran),
    waited: spreadOf(waited),
    gpuHours: { total: allGpuMs / HOUR_MS, byLabel: inHours(gpuMsByLabel) },
  };
}

function add(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

const HOUR_MS = 3_600_000;

/** Adds the time of GPUs to that of the same labels. */
function addTo(byLabel: Map<string, number>, labels: Readonly<Record<string, string>>, ms: number): void {
  for (const [name, value] of Object.entries(labels)) {
    const label = `${name}=${value}`;
    byLabel.set(label, (byLabel.get(label) ?? 0) + ms);
  }
}

function inHours(byLabel: ReadonlyMap<string, number>): Record<string, number> {
  const largest = [...byLabel].sort(([, left], [, right]) => right - left);
  return Object.fromEntries(largest.map(([label, ms]) => [label, ms / HOUR_MS]));
}

/** Percentiles by the nearest rank. */
function spreadOf(values: readonly number[]): Spread | null {
  const inOrder = new Float64Array(values).sort();
  const at = (share: number): number => inOrder[Math.max(0, Math.ceil(share * inOrder.length) - 1)] ?? 0;
  const maxMs = inOrder.at(-1);
  if (maxMs === undefined) return null;
  return { count: inOrder.length, p50Ms: at(0.5), p95Ms: at(0.95), maxMs };
}
