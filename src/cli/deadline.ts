import { momentIn } from "../intake/moment.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Deadline } from "../model/work.ts";
import type { FlagValues } from "./command-line/declare.ts";
import { usage } from "./command-line/usage.ts";
import { DURATION } from "./command-line/values.ts";
import type { Context } from "./context.ts";

/** The flags that say how long a drain starts jobs. */
export const CLOSING_FLAGS = {
  for: { value: DURATION, help: "start nothing any more after this time, like 6h", excludes: ["until"] },
  until: {
    value: {
      placeholder: "TIME",
      wanted: "a time like 07:00 or 2026-05-01T07:00",
      // What it means hangs on when it is asked; whether it means anything does not.
      read: (typed: string): string | null => (momentIn(typed.trim(), 0) === null ? null : typed.trim()),
    },
    help: "the same by the clock, like 07:00",
  },
  fit: { help: "with these: nor anything whose timeout would end after that" },
  leave: { help: "with these: leave then, without waiting for what runs" },
} as const;

/** When a drain stops starting jobs; null where nothing was said of it. */
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
  return err(usage(`${lone} has no use without an end`, "say when with --for 6h or --until 07:00"));
}
