import type { FoundEnd } from "../../model/found-end.ts";

/** The statuses of MLflow that an ended attempt may give its runs. */
export type RunStatus = "FINISHED" | "FAILED" | "KILLED";

/** A run of an attempt, as the store has it. */
export interface TrackedRun {
  readonly id: string;
  readonly status: string;
  /** In ms since the epoch; null or 0 for none. */
  readonly end: number | null;
  readonly experiment: string;
}

/** A change of a run. */
export interface RunEnd {
  readonly id: string;
  readonly status: RunStatus;
  readonly end: number;
}

/** Runs that a client ends as it exits, end within this time. */
const AT_EXIT_MS = 5_000;

/** How the runs of an attempt ended, as its evidence tells. */
export function statusOfEnd({ ending, isStopped }: FoundEnd, failOnNonZero: boolean): RunStatus {
  if (ending.type !== "exited" || ending.signal !== null || isStopped) return "KILLED";
  return ending.exitCode === 0 || !failOnNonZero ? "FINISHED" : "FAILED";
}

/**
 * The runs whose status is not true, in the order of their starts. A client writes FINISHED at every exit, also of a program that failed;
 * so of a failed job the run that ended last has failed, unless another one shows already that it did. Runs that ended earlier stay.
 */
export function untrueRuns(
  runs: readonly TrackedRun[],
  status: RunStatus,
  endedAtMs: number,
): readonly RunEnd[] {
  const open = runs.filter((run) => run.status === "RUNNING" || run.status === "SCHEDULED");
  if (open.length > 0) return open.map(({ id }) => ({ id, status, end: endedAtMs }));
  const areSaid = runs.some((run) => run.status === "FAILED" || run.status === "KILLED");
  if (status === "FINISHED" || areSaid) return [];
  const last = Math.max(0, ...runs.map(({ end }) => end ?? 0));
  return runs
    .filter(({ end }) => (end ?? 0) >= last - AT_EXIT_MS)
    .map(({ id, end }) => ({ id, status, end: end ?? endedAtMs }));
}
