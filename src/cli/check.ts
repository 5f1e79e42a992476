import type { Problem } from "../model/errors.ts";

/** The result of one check of `doctor`. */
export interface Check {
  readonly verdict: "ok" | "warn" | "fail";
  readonly what: string;
  /** What to do about it. */
  readonly fix?: string;
}

export function passes(what: string): Check {
  return { verdict: "ok", what };
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
