import { momentIn } from "../intake/moment.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Deadline } from "../model/work.ts";
import type { Context } from "./context.ts";
import { durationFlag } from "./flags.ts";

/** The flags that say how long a drain starts jobs. */
export interface DeadlineFlags {
  readonly for?: string;
  readonly until?: string;
  readonly fit?: true;
  readonly leave?: true;
}

/** When a drain stops starting jobs; null where nothing was said of it. */
export function deadlineOfFlags(context: Context, flags: DeadlineFlags): Result<Deadline | null, Problem> {
  const nowMs = context.clock.now();
  const isFitting = flags.fit === true;
  if (flags.for !== undefined && flags.until !== undefined)
    return err(problem("USAGE", "Cannot use --for and --until together: each says when to end"));
  if (flags.for !== undefined) {
    const span = durationFlag("for", flags.for);
    return span.ok ? ok({ atMs: nowMs + span.value, isFitting }) : span;
  }
  if (flags.until === undefined) {
    const lone = flags.fit === true ? "--fit" : flags.leave === true ? "--leave" : null;
    if (lone === null) return ok(null);
    return err(problem("USAGE", `Cannot use ${lone} without an end: say it with --for 6h or --until 07:00`));
  }
  const atMs = momentIn(flags.until.trim(), nowMs);
  return atMs === null
    ? err(
        problem(
          "USAGE",
          `Cannot read --until "${flags.until}": wanted a time like 07:00 or 2026-05-01T07:00`,
        ),
      )
    : ok({ atMs, isFitting });
}
