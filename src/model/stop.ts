import * as v from "valibot";

/** Who gets the stop signal first: the first process of the job alone, which may still need the others to save its work, or all of them. */
export const STOP_FIRST = ["main", "group"] as const;
/** Signals that a program may handle to save its work and exit. */
export const STOP_SIGNALS = ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2"] as const;

/** How a job is stopped; the time until KILL is `stopGraceMs` of its spec. */
export const stopHow = v.strictObject({
  /** Default: main. */
  first: v.optional(v.picklist(STOP_FIRST)),
  /** Default: TERM. */
  signal: v.optional(v.picklist(STOP_SIGNALS)),
});
