import { describe, expect, test } from "bun:test";
import { FIELDS } from "../../src/intake/fields.ts";
import { meaningOf } from "../../src/intake/key-names.ts";
import { draftIn, faultsIn } from "./rig.ts";

describe("meaningOf()", () => {
  test.each(Object.keys(FIELDS))("reads %s in snake_case", (key) => {
    const snake = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    expect(meaningOf(snake)).toEqual(meaningOf(key));
    expect(meaningOf(snake)).toMatchObject({ type: "field", key });
  });

  test.each([
    "constructor",
    "__proto__",
    "retry.constructor",
    "toString",
    ".",
    ".a",
    "retry.",
    "retry..on",
    "",
  ])("leaves %s as an unknown key", (key) => {
    expect(meaningOf(key).type).toBe("unknown");
  });
});

describe("readSubmission() with the names of other queues", () => {
  test("reads a whole record of fetch_ml, and drops its history", () => {
    const record = {
      id: "t-1",
      job_name: "train-resnet",
      args: "python train.py --note 'a b'",
      status: "failed",
      priority: 5,
      created_at: "2026-01-01T00:00:00Z",
      started_at: null,
      metadata: { paper: "fig3" },
      cpu: 4,
      memory_gb: 16,
      gpu: 1,
      gpu_memory: "20GB",
      user_id: "u1",
      username: "ada",
      created_by: "ada",
      retry_count: 2,
      max_retries: 3,
      last_error: "boom",
      attempts: [{ attempt: 1 }],
    };
    expect(draftIn(JSON.stringify(record))).toMatchObject({
      name: "train-resnet",
      annotations: { paper: "fig3" },
      spec: {
        kind: { mode: { type: "command", command: "python", args: ["train.py", "--note", "a b"] } },
        priority: 5,
        resources: { cpus: 4, memoryBytes: 16e9, gpus: 1, vramBytes: 20e9 },
        retry: { maxAttempts: 4, scope: "any" },
      },
    });
  });

  test("reads a whole run of gyoza, and drops its history", () => {
    const run = {
      id: "run_ab",
      state: "FAILED",
      priority: 5,
      progress: 30,
      current_attempt: 2,
      image: "docker.io/library/alpine",
      inputs: { lr: 0.1, "batch size": 32, opts: { layers: [1] } },
      outputs: { acc: 0.5 },
      events: [{ t: "2026-01-01T00:00:00Z", type: "INFO", msg: "a", payload: {} }],
      execution_summary: { duration_ms: 5, worker_id: "w", error_message: null, gpu_id: 0 },
      constraints: { cpu: 2, ram_mb: 512 },
      retry_policy: { max_attempts: 3 },
      createdAt: "2026-01-01T00:00:00Z",
      updatedAt: "2026-01-01T00:00:00Z",
    };
    const { spec } = draftIn(JSON.stringify(run));
    expect(spec).toMatchObject({
      kind: { type: "container", container: { image: run.image } },
      inputs: run.inputs,
      priority: 5,
      resources: { cpus: 2, memoryBytes: 512e6 },
      retry: { maxAttempts: 3 },
    });
    expect(spec.outputSpecs).toBeUndefined();
  });

  test("reads 0 and empty text of fetch_ml as unset", () => {
    const text = "job_name: a\nargs: b\ncpu: 0\nmemory_gb: 0\ngpu: 0\ngpu_memory: ''\ntimeout_ms: 0";
    expect(draftIn(text).spec).not.toHaveProperty("timeoutMs");
    expect(draftIn(text).spec.resources).toEqual({});
  });

  test("reports the history of a record as unknown keys where the file does not say that it is a record", () => {
    expect(faultsIn("run: a\nid: 5")).toEqual(['2:1 "id" is unknown']);
  });

  test.each([
    ["max_retries: 2", { retry: { maxAttempts: 3, scope: "any" } }],
    ["max_attempts: 2", { retry: { maxAttempts: 2, scope: "any" } }],
    [
      "retry_policy: {max_attempts: 2, backoff: {first_ms: 500}}",
      { retry: { maxAttempts: 2 }, backoff: { firstMs: 500 } },
    ],
    [
      "constraints: {cpu: 2, ram_mb: 512, vram_mb: 8000}",
      { resources: { cpus: 2, memoryBytes: 512e6, vramBytes: 8e9 } },
    ],
    ["timeout_ms: 5000", { timeoutMs: 5_000 }],
    ["timeoutMs: 5000", { timeoutMs: 5_000 }],
    ["queueTtlMs: 1", { queueTtlMs: 1 }],
    ["stop_grace_ms: 0", { stopGraceMs: 0 }],
    [
      "backoff: {jitter: Decorrelated, first_ms: 1000, max_ms: 30000, factor: 2.0}",
      { backoff: { firstMs: 1_000, jitter: "decorrelated" } },
    ],
    ["restart: OnFailure", { restart: { policy: "onFailure" } }],
    ["restart: {policy: Always, intervalMs: 2000}", { restart: { policy: "always", intervalMs: 2_000 } }],
    ["fail_on_non_zero: false", { kind: { failOnNonZero: false } }],
    ["memoryBytes: 1024", { resources: { memoryBytes: 1_024 } }],
    ["ram_gb: 1.5", { resources: { memoryBytes: 1.5e9 } }],
    ["interpreter: bash", { kind: { mode: { runtime: "bash" } } }],
    ["label.paper: fig3", {}],
  ])("%s", (text, spec) => {
    expect(draftIn(`run: a\n${text}`).spec).toMatchObject(spec);
  });

  test("refuses text for a key that ends in a unit", () => {
    expect(faultsIn('run: a\nmemory_gb: "8"')).toEqual([
      '2:12 "memory_gb" is 8 without a unit, wanted a size such as 512MiB or 8GB',
    ]);
    expect(draftIn("run: a\nmemory_gb: 8GiB").spec.resources).toEqual({ memoryBytes: 8 * 2 ** 30 });
  });
});
