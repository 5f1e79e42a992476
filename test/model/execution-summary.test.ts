import { expect, test } from "bun:test";
import type { EndedAttempt } from "../../src/model/attempt.ts";
import { executionSummary } from "../../src/model/execution-summary.ts";

test("executionSummary() has the names of gyoza, and null for what is not known", () => {
  const ended: EndedAttempt = {
    state: "failed",
    id: "000001-a_att_1",
    number: 1,
    generation: 1,
    epoch: 1,
    token: "t",
    supervisor: "here:1",
    hostBootId: "b",
    claimedAt: "2026-05-01T12:00:00.000Z",
    queuedMs: 7,
    resources: { gpus: 2 },
    devices: ["GPU-5a", "GPU-5b"],
    finishedAt: "2026-05-01T12:00:05.000Z",
    durationMs: 5_000,
    exitCode: 1,
    signal: null,
    cpuMs: 900,
    failure: { class: "code", code: "EXIT_NONZERO", rule: "exit:nonzero", error: "exited with code 1" },
  };
  expect(executionSummary(ended)).toEqual({
    duration_ms: 5_000,
    worker_id: "here:1",
    error_message: "exited with code 1",
    gpu_id: "GPU-5a",
    gpu_ids: ["GPU-5a", "GPU-5b"],
    queue_ms: 7,
    cpu_ms: 900,
    peak_rss_bytes: null,
    peak_memory_bytes: null,
    gpu_seconds: 10,
  });
});
