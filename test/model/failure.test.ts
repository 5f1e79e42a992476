import { describe, expect, test } from "bun:test";
import { backoff } from "../../src/model/backoff.ts";
import { check } from "../../src/model/check.ts";
import {
  FAILURE_CLASSES,
  FAILURE_CODES,
  type FailureCode,
  failureEntry,
  failureOf,
} from "../../src/model/failure.ts";

const S = 1_000;
const MIN = 60 * S;

/** The failure table of the contract (model.md, section 6): class, retried unasked, least first and longest wait, cap, final. */
const TABLE = {
  STALE_WORKER: ["infrastructure", "yes", null, undefined, false],
  INTERRUPTED: ["infrastructure", "uncounted", [1 * S, 5 * MIN, "none"], 10, false],
  KILLED: ["infrastructure", "yes", [5 * S, 2 * MIN, "full"], undefined, false],
  GPU_FAULT: ["infrastructure", "yes", [30 * S, 10 * MIN, "full"], 3, false],
  GPU_ERROR: ["infrastructure", "yes", [30 * S, 10 * MIN, "full"], 2, false],
  RUNTIME_ERROR: ["infrastructure", "yes", [5 * S, 2 * MIN, "full"], undefined, false],
  NETWORK: ["infrastructure", "yes", [5 * S, 5 * MIN, "full"], undefined, false],
  RATE_LIMITED: ["infrastructure", "yes", [60 * S, 15 * MIN, "equal"], undefined, false],
  GPU_OOM: ["resource", "yes", [60 * S, 60 * S, "equal"], 2, false],
  OOM_KILLED: ["resource", "no", null, undefined, false],
  HOST_OOM: ["resource", "yes", [60 * S, 60 * S, "equal"], 2, false],
  DISK_FULL: ["resource", "yes", [60 * S, 10 * MIN, "full"], 2, false],
  RESOURCE_BUSY: ["resource", "yes", [30 * S, 5 * MIN, "full"], 2, false],
  TIMEOUT: ["resource", "no", null, undefined, false],
  PREFLIGHT: ["infrastructure", "uncounted", [15 * S, 5 * MIN, "equal"], undefined, false],
  NOT_READY: ["infrastructure", "yes", [5 * S, 5 * MIN, "full"], undefined, false],
  UNHEALTHY: ["infrastructure", "yes", [5 * S, 5 * MIN, "full"], undefined, false],
  DATA_MISMATCH: ["data", "no", null, undefined, true],
  DATA_UNREACHABLE: ["data", "yes", [30 * S, 10 * MIN, "full"], 3, false],
  EXIT_NONZERO: ["code", "no", null, undefined, false],
  MODULE_NOT_FOUND: ["code", "no", null, undefined, false],
  INVALID_SPEC: ["code", "no", null, undefined, true],
  AUTH_FAILED: ["code", "no", null, undefined, true],
  INVALID_OUTPUTS: ["code", "no", null, undefined, false],
  UNKNOWN: ["unknown", "yes", null, 2, false],
} as const satisfies Record<FailureCode, unknown>;

describe("FAILURES", () => {
  test("has exactly the documented codes", () => {
    expect(FAILURE_CODES.toSorted()).toEqual(Object.keys(TABLE).toSorted() as FailureCode[]);
  });

  test.each(Object.entries(TABLE))("%s is %j", (code, row) => {
    const [failureClass, retry, wait, cap, final] = row;
    const entry = failureEntry(code as FailureCode);
    expect([entry.class, entry.retry, entry.maxAttempts, entry.final ?? false]).toEqual([
      failureClass,
      retry,
      cap,
      final,
    ]);
    const found = entry.backoff;
    expect(found === undefined ? null : [found.firstMs, found.maxMs, found.jitter, found.factor]).toEqual(
      wait === null ? null : [...wait, 2],
    );
    if (found !== undefined) expect(check(backoff, found).ok).toBeTrue();
  });

  test("uses every class", () => {
    expect(new Set(FAILURE_CODES.map((code) => failureEntry(code).class))).toEqual(new Set(FAILURE_CLASSES));
  });

  test("says for every code what it means and what to do", () => {
    for (const code of FAILURE_CODES) {
      const { meaning, advice } = failureEntry(code);
      expect(meaning).toMatch(/^[a-z].{20,}[^.]$/);
      expect(advice).toMatch(/^[a-z].{20,}[^.]$/);
    }
    expect(new Set(FAILURE_CODES.map((code) => failureEntry(code).advice)).size).toBe(FAILURE_CODES.length);
  });
});

test("failureOf() completes a code with its class", () => {
  expect(failureOf("GPU_OOM", "log:gpu-oom", "no room")).toEqual({
    class: "resource",
    code: "GPU_OOM",
    rule: "log:gpu-oom",
    error: "no room",
  });
});
