import { momentIn } from "../intake/moment.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Deadline } from "../model/work.ts";
import type { FlagValues } from "./command-line/declare.ts";
import { usage } from "./command-line/usage.ts";
import { DURATION } from "./command-line/values.ts";
import type { Context } from "./context.ts";

/** The flags that limit how long a drain starts jobs. */
export const CLOSING_FLAGS = {
  for: { value: DURATION, help: "stop starting tasks after DURATION, such as 6h", excludes: ["until"] },
  until: {
    value: {
      placeholder: "TIME",
      wanted: "a time like 07:00 or 2026-05-01T07:00",
      // Only validated here: the instant depends on the current time.
      read: (typed: string): string | null => (momentIn(typed.trim(), 0) === null ? null : typed.trim()),
    },
    help: "stop starting tasks at this time, such as 07:00",
  },
  fit: { help: "with --for or --until: skip tasks whose timeout would run past it" },
  leave: { help: "with --for or --until: exit then; running jobs keep running" },
} as const;

/** The deadline of a drain; null without --for and --until. */
export function deadlineOfFlags(
  context: Context,
  flags: FlagValues<typeof CLOSING_FLAGS>,
): Result<Deadline | null, Problem> {
  const nowMs = context.clock.now();
  const isFitting = flags.fit === true;
  if (flags.for !== undefined) return ok({ atMs: nowMs + flags.for, isFitting });
  const atMs = flags.until === undefined ? null : momentIn(flags.until, nowMs);
  if (atMs !== null) return ok({ atMs, isFitting });
  const lone = flags.fit === true ? "--fit" : flags.leave === true ? "--leave" : null;
  if (lone === null) return ok(null);
  return err(usage(`${lone} needs a deadline`, "set one with --for 6h or --until 07:00"));
}
