/** What became of one try; a failure that no further try can mend is final. */
export type Outcome =
  | { readonly type: "taken" }
  | { readonly type: "failed"; readonly error: string; readonly isFinal: boolean }
  /** Cut short because the supervisor leaves: it does not count. */
  | { readonly type: "aborted" };

export const DELIVERED: Outcome = { type: "taken" };

/** A try that failed and is worth another one. */
export function failedTry(error: string, isFinal = false): Outcome {
  return { type: "failed", error, isFinal };
}
