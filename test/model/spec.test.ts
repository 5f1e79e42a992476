import { describe, expect, test } from "bun:test";
import { check } from "../../src/model/check.ts";
import { cpusOf, gpusOf } from "../../src/model/resources.ts";
import { DEFAULT_RETRY } from "../../src/model/retry.ts";
import { spec } from "../../src/model/spec.ts";
import { anySpec } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";
import { aSpec, at } from "../rig/tasks.ts";

const isValid = (change: object): boolean => check(spec, { ...aSpec(), ...change }).ok;
const retryOf = (change: object): object => ({ retry: { ...DEFAULT_RETRY, ...change } });

describe("spec", () => {
  test("takes every generated spec", () => {
    fc.assert(fc.property(anySpec, (made) => expect(check(spec, made)).toEqual({ ok: true, value: made })));
  });

  test.each([
    ["the highest priority", { priority: 1_000 }],
    ["no grace at all", { stopGraceMs: 0 }],
    ["an interval of a second", { restart: { policy: "always", intervalMs: 1_000 } }],
    ["attempts without end", retryOf({ maxAttempts: 0 })],
    ["classes and codes", retryOf({ on: ["infrastructure", "TIMEOUT"], never: ["code"], onExit: [1, 255] })],
    [
      "a backoff for one code",
      retryOf({ perClass: { GPU_OOM: { maxAttempts: 5, backoff: aSpec().backoff } } }),
    ],
    ["a time to begin", { notBefore: at() }],
  ])("takes %s", (_what, change) => {
    expect(isValid(change)).toBeTrue();
  });

  test.each([
    ["a timeout of a million years", { timeoutMs: 3e16 }],
    ["an interval of a million years", { restart: { policy: "always", intervalMs: 3e16 } }],
    ["a backoff of a million years", { backoff: { ...aSpec().backoff, maxMs: 3e16 } }],
    ["a priority over 1000", { priority: 1_001 }],
    ["a priority below 0", { priority: -1 }],
    ["a timeout of 0", { timeoutMs: 0 }],
    ["a queueTtl of 0", { queueTtlMs: 0 }],
    ["an interval under a second", { restart: { policy: "always", intervalMs: 999 } }],
    ["always without an interval", { restart: { policy: "always" } }],
    ["an interval for another policy", { restart: { policy: "never", intervalMs: 1_000 } }],
    ["a policy of another name", { restart: { policy: "unless-stopped" } }],
    ["attempts below 0", retryOf({ maxAttempts: -1 })],
    ["a class that there is not", retryOf({ on: ["weather"] })],
    ["a code in small letters", retryOf({ never: ["timeout"] })],
    ["exit code 0", retryOf({ onExit: [0] })],
    ["exit code 256", retryOf({ onExit: [256] })],
    [
      "a wrong backoff for one code",
      retryOf({ perClass: { GPU_OOM: { backoff: { ...aSpec().backoff, factor: 0 } } } }),
    ],
    ["no CPU", { resources: { cpus: 0 } }],
    ["half a GPU", { resources: { gpus: 0.5 } }],
    ["memory as a text", { resources: { memoryBytes: "8GB" } }],
    ["a log that holds nothing", { logs: { separate: false, maxBytes: 1 } }],
    ["a day without its time", { notBefore: "2026-01-02" }],
  ])("refuses %s", (_what, change) => {
    expect(isValid(change)).toBeFalse();
  });

  test("defaults to four attempts for transient failures, and three losses", () => {
    expect(DEFAULT_RETRY).toEqual({ maxAttempts: 4, scope: "transient", maxOrphans: 3, onOrphan: "requeue" });
  });
});

test("cpusOf() is 1 where nothing is declared", () => {
  expect([cpusOf({}), cpusOf({ cpus: 3 })]).toEqual([1, 3]);
});

test("gpusOf() is 0 where nothing is declared, and 1 for a share of memory", () => {
  expect([
    gpusOf({}),
    gpusOf({ gpus: 2 }),
    gpusOf({ vramBytes: 1 }),
    gpusOf({ gpus: 0, vramBytes: 1 }),
  ]).toEqual([0, 2, 1, 0]);
});
