import { formatBytes } from "../../lib/bytes.ts";
import { formatDuration } from "../../lib/duration.ts";
import type { EndedAttempt } from "../../model/attempt.ts";
import { gpuMsOf } from "../../model/execution-summary.ts";

/** What a shorter attempt used says little. */
const SHOWN_FROM_MS = 1_000;

/** What an attempt used, in a line of `show`; none for a short one. */
export function usageLines(attempt: EndedAttempt): string[] {
  const { durationMs, cpuMs, peakRssBytes, queuedMs = 0 } = attempt;
  if (durationMs < SHOWN_FROM_MS) return [];
  const gpuMs = gpuMsOf(attempt);
  const parts = [
    ...(cpuMs === undefined ? [] : [`CPU ${formatDuration(cpuMs)}`]),
    ...(gpuMs === 0 ? [] : [`GPU ${formatDuration(gpuMs)}`]),
    ...(peakRssBytes === undefined ? [] : [`peak RSS ${formatBytes(peakRssBytes)}`]),
    ...(queuedMs < SHOWN_FROM_MS ? [] : [`in the queue before ${formatDuration(queuedMs)}`]),
  ];
  return parts.length === 0 ? [] : [`    ${parts.join(", ")}`];
}
