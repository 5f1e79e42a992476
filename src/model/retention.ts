import * as v from "valibot";
import { instant } from "./identity.ts";

/** The parts of a task's run directory that are removed separately: its output, the files that the job wrote, its checkpoint. */
export type RunPart = "logs" | "artifacts" | "checkpoint";

/** How long ended tasks are kept. Spans in ms; null is for ever. */
export interface RetentionRules {
  /** When tasks in done/ are removed, after their end. */
  readonly doneMs: number | null;
  /** The same for tasks in dead-letter/. */
  readonly deadLetterMs: number | null;
  /** Whether `count`, `bytes` and the spans of parts apply to dead-letter/ too. */
  readonly takesDeadLetter: boolean;
  /** How many of the newest are kept. */
  readonly count: number | null;
  /** How many bytes of the newest are kept. */
  readonly bytes: number | null;
  /** When logs are removed, after the end of their task; the rest stays. */
  readonly logsMs: number | null;
  /** The same for artifacts and checkpoints, of tasks without a record too. */
  readonly artifactsMs: number | null;
  readonly checkpointsMs: number | null;
  /** Whether artifacts go once they are as old as their task says. */
  readonly appliesKeep: boolean;
  /** Parts that stay otherwise, and are removed with their task. */
  readonly takes: readonly ("artifacts" | "checkpoint")[];
}

/** Nothing is removed. */
export const NO_RULES: RetentionRules = {
  doneMs: null,
  deadLetterMs: null,
  takesDeadLetter: false,
  count: null,
  bytes: null,
  logsMs: null,
  artifactsMs: null,
  checkpointsMs: null,
  appliesKeep: false,
  takes: [],
};

/** When a home was last cleaned up automatically. */
export const cleaned = v.strictObject({ at: instant });
