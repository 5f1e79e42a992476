import type { failureEntry } from "../../model/failure.ts";

/** How often a failure is retried where the task says nothing about it. */
export function retriesByDefault({ retry, maxAttempts, final }: ReturnType<typeof failureEntry>): string {
  if (final) return "never";
  if (retry === "no") return "no";
  if (retry === "uncounted") return "yes, uncounted";
  const times = maxAttempts === undefined ? 3 : maxAttempts - 1;
  return ["no", "once", "twice"][times] ?? `${times} times`;
}
