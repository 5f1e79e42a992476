import { failureOfAttempt } from "./attempt.ts";
import { isActive, type State } from "./state.ts";
import { lastEnded, type Task } from "./task.ts";

type Phase = "Pending" | "Running" | "Succeeded" | "Failed" | "Timeout" | "Canceled" | "Exhausted";
type RunState = "PENDING" | "ASSIGNED" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED";

const RUN_STATES: Readonly<Record<State, RunState>> = {
  queued: "PENDING",
  preparing: "ASSIGNED",
  running: "RUNNING",
  serving: "RUNNING",
  stopping: "RUNNING",
  collecting: "RUNNING",
  orphaned: "ASSIGNED",
  completed: "COMPLETED",
  failed: "FAILED",
  cancelled: "CANCELLED",
};

/** Derived fields for readers of a record: computed at each write, ignored at each read. */
export interface Projection {
  readonly phase: Phase;
  readonly runState: RunState;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly failureClass: string | null;
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly deadLetter?: { readonly reason: string; readonly at: string };
}

const PROJECTED: ReadonlySet<string> = new Set<keyof Projection>([
  "phase",
  "runState",
  "exitCode",
  "signal",
  "failureClass",
  "errorCode",
  "error",
  "deadLetter",
]);

/** The status of a record without the derived fields. */
export function unprojected(status: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const left: Record<string, unknown> = {};
  for (const key of Object.keys(status)) if (!PROJECTED.has(key)) left[key] = status[key];
  return left;
}

/** The derived fields of a task. */
export function project(task: Task): Projection {
  const ended = lastEnded(task);
  const failure = failureOfAttempt(ended);
  return {
    phase: phaseOf(task),
    runState: RUN_STATES[task.status.state],
    exitCode: ended?.exitCode ?? null,
    signal: ended?.signal ?? null,
    failureClass: failure?.class ?? null,
    errorCode: failure?.code ?? null,
    error: failure?.error ?? null,
    ...(task.status.state === "failed" && {
      deadLetter: { reason: task.status.reason, at: task.status.endedAt },
    }),
  };
}

function phaseOf(task: Task): Phase {
  const { status } = task;
  if (isActive(status.state)) return "Running";
  switch (status.state) {
    case "queued":
      return "Pending";
    case "completed":
      return "Succeeded";
    case "cancelled":
      return "Canceled";
    case "failed":
      if (status.reason === "Timeout" || isOnlyTimeout(task)) return "Timeout";
      return status.reason === "Exhausted" || status.reason === "OrphanLimit" ? "Exhausted" : "Failed";
  }
}

/** With a single attempt allowed, the timeout is the cause, not the exhausted budget. */
function isOnlyTimeout({ spec, status }: Task): boolean {
  const isExhausted =
    status.state === "failed" && status.reason === "Exhausted" && spec.retry.maxAttempts === 1;
  return isExhausted && failureOfAttempt(status.attempts.at(-1))?.code === "TIMEOUT";
}
