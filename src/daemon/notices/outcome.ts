/** The outcome of one try; a failure is final where no further try can succeed. */
export type Outcome =
  | { readonly type: "taken" }
  | { readonly type: "failed"; readonly error: string; readonly isFinal: boolean }
  /** Aborted because the supervisor leaves: it does not count. */
  | { readonly type: "aborted" };

export const DELIVERED: Outcome = { type: "taken" };

/** A failed try; another one follows unless it is final. */
export function failedTry(error: string, isFinal = false): Outcome {
  return { type: "failed", error, isFinal };
}
