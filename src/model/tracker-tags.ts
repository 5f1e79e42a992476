import type { TaskId } from "./identity.ts";

/** The tag on a run of MLflow that names the attempt that it belongs to; its value is that of `attemptTag`. */
export const ATTEMPT_TAG = "stint.attempt";

/** An attempt as trackers know it: `01J…-train/2`. */
export function attemptTag(id: TaskId, attempt: number): string {
  return `${id}/${attempt}`;
}

/** The tag on the run of MLflow that heads a sweep, which it names. */
export const SWEEP_TAG = "stint.sweep";
