import * as v from "valibot";
import { instant } from "./identity.ts";

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
  /** The newest are kept whose folders have so many bytes together. */
  readonly bytes: number | null;
  /** Logs are removed so long after the end; the rest stays. */
  readonly logsMs: number | null;
}

/** When a home was last cleaned up by itself. */
export const cleaned = v.strictObject({ at: instant });
