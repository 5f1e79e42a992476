import { type Attempt, failureOfAttempt } from "./attempt.ts";
import { gpusOf } from "./resources.ts";

/** What an attempt took, for other programs: the names are those of gyoza, and in their style. */
export interface ExecutionSummary {
  readonly duration_ms: number | null;
  /** Host and pid of the supervisor. */
  readonly worker_id: string;
  readonly error_message: string | null;
  /** The first of its GPUs. */
  readonly gpu_id: string | null;
  readonly gpu_ids: readonly string[];
  readonly queue_ms: number | null;
  readonly cpu_ms: number | null;
  /** Of its largest process. */
  readonly peak_rss_bytes: number | null;
  /** Of its control group. */
  readonly peak_memory_bytes: number | null;
  readonly gpu_seconds: number | null;
}

/** The time of the GPUs that were reserved for an attempt, in ms. */
export function gpuMsOf(attempt: Attempt): number {
  return attempt.state === "running" ? 0 : gpusOf(attempt.resources) * attempt.durationMs;
}

export function executionSummary(attempt: Attempt): ExecutionSummary {
  const { supervisor, devices = [], queuedMs = null } = attempt;
  const ended = attempt.state === "running" ? null : attempt;
  return {
    duration_ms: ended?.durationMs ?? null,
    worker_id: supervisor,
    error_message: failureOfAttempt(attempt)?.error ?? null,
    gpu_id: devices[0] ?? null,
    gpu_ids: devices,
    queue_ms: queuedMs,
    cpu_ms: ended?.cpuMs ?? null,
    peak_rss_bytes: ended?.peakRssBytes ?? null,
    peak_memory_bytes: ended?.peakMemoryBytes ?? null,
    gpu_seconds: ended === null ? null : gpuMsOf(attempt) / 1_000,
  };
}
