import type { Problem } from "../model/errors.ts";

/** The result of one check of `doctor`. */
export interface Check {
  /** `note`: a lack that no task of the home feels. */
  readonly verdict: "ok" | "note" | "warn" | "fail";
  readonly what: string;
  /** What to do about it. */
  readonly fix?: string;
}

export function passes(what: string): Check {
  return { verdict: "ok", what };
}

/** A warning where something needs what is missing, else a note. */
export function lacks(
  what: string,
  { fix, isNeeded }: { readonly fix: string; readonly isNeeded: boolean },
): Check {
  return { verdict: isNeeded ? "warn" : "note", what, fix };
}

export function warns(what: string, fix?: string): Check {
  return fix === undefined ? { verdict: "warn", what } : { verdict: "warn", what, fix };
}

export function fails(what: string, fix?: string): Check {
  return fix === undefined ? { verdict: "fail", what } : { verdict: "fail", what, fix };
}

export function failsBy({ message, hint }: Problem): Check {
  return fails(message, hint);
}
