import * as v from "valibot";
import { instant } from "./identity.ts";

/** A part of what a task left that is removed for itself: the output, what the job made in its folder, and its checkpoint. */
export type RunPart = "logs" | "artifacts" | "checkpoint";

/** What is kept of tasks that have ended. Spans in ms, null where there is no end. */
export interface RetentionRules {
  /** Tasks in done/ are removed so long after their end. */
  readonly doneMs: number | null;
  /** Tasks in dead-letter/. */
  readonly deadLetterMs: number | null;
  /** True where the other rules are about tasks in dead-letter/ too. */
  readonly takesDeadLetter: boolean;
  /** The newest so many are kept. */
  readonly count: number | null;
  /** The newest are kept of which no more than so many bytes would go. */
  readonly bytes: number | null;
  /** Logs are removed so long after the end; the rest stays. */
  readonly logsMs: number | null;
  /** So are artifacts and checkpoints, also of tasks that are on record no more. */
  readonly artifactsMs: number | null;
  readonly checkpointsMs: number | null;
  /** True where these go with each task that is removed. */
  readonly takesArtifacts: boolean;
}

/** When a home was last cleaned up by itself. */
export const cleaned = v.strictObject({ at: instant });
