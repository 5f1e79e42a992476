import { MAX_DURATION_MS } from "../../src/lib/duration.ts";
import { JITTERS } from "../../src/model/backoff.ts";
import { FAILURE_CLASSES, FAILURE_CODES } from "../../src/model/failure.ts";
import { RUNTIMES } from "../../src/model/kind.ts";
import { STOP_FIRST, STOP_SIGNALS } from "../../src/model/stop.ts";
import type { Draft } from "../../src/model/submission.ts";
import { fc } from "../rig/fast-check.ts";

const RESERVED = ["__proto__", "prototype", "constructor"];
const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((one) => !one.includes("\0"));
const word = text.filter((one) => one !== "");
const lines = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("\n"));
const key = word.filter((one) => !one.includes("=") && !RESERVED.includes(one));
const ms = fc.integer({ min: 1, max: MAX_DURATION_MS });
const attempts = fc.integer({ min: 0, max: 1_000_000 });
const classOrCode = fc.constantFrom(...FAILURE_CLASSES, ...FAILURE_CODES);
const record = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }, required: (keyof T)[] = []) =>
  fc.record(shape, { requiredKeys: required, noNullPrototype: true });

const backoff = fc
  .tuple(ms, ms, fc.double({ min: 1, max: 1e6, noNaN: true }), fc.constantFrom(...JITTERS))
  .map(([one, other, factor, jitter]) => ({
    firstMs: Math.min(one, other),
    maxMs: Math.max(one, other),
    factor,
    jitter,
  }));

const mode = fc.oneof(
  fc.record({ type: fc.constant("command" as const), command: word, args: fc.array(text, { maxLength: 4 }) }),
  fc.record({
    type: fc.constant("script" as const),
    runtime: fc.oneof(fc.constantFrom(...RUNTIMES), record({ command: word, flag: text }, ["command"])),
    body: lines,
    args: fc.array(text, { maxLength: 4 }),
  }),
);

const retry = record(
  {
    maxAttempts: attempts,
    scope: fc.constantFrom("transient" as const, "any" as const),
    maxOrphans: attempts,
    onOrphan: fc.constantFrom("requeue" as const, "never" as const),
    onTimeout: fc.boolean(),
    onCode: fc.boolean(),
    on: fc.array(classOrCode, { maxLength: 4 }),
    onExit: fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 4 }),
    never: fc.array(classOrCode, { maxLength: 4 }),
    perClass: fc.dictionary(classOrCode, record({ maxAttempts: attempts, backoff }), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  },
  ["maxAttempts", "scope", "maxOrphans", "onOrphan"],
);

const spec = record(
  {
    kind: record(
      {
        type: fc.constant("subprocess" as const),
        mode,
        cwd: text.map((one) => `/${one}`),
        env: fc.dictionary(key, text, { maxKeys: 4, noNullPrototype: true }),
        environment: fc.oneof(
          fc.constantFrom({ policy: "inherit" as const }, { policy: "clear" as const }),
          fc.record({ policy: fc.constant("allowlist" as const), names: fc.array(key, { maxLength: 4 }) }),
        ),
        umask: fc.constantFrom("022", "0077", "777"),
        failOnNonZero: fc.boolean(),
      },
      ["type", "mode", "cwd", "env", "environment", "failOnNonZero"],
    ),
    priority: fc.integer({ min: 0, max: 1_000 }),
    resources: record({
      cpus: fc.integer({ min: 1, max: 512 }),
      memoryBytes: ms,
      gpus: fc.integer({ min: 0, max: 8 }),
      vramBytes: ms,
    }),
    timeoutMs: ms,
    queueTtlMs: ms,
    restart: fc.oneof(
      fc.constantFrom({ policy: "never" as const }, { policy: "onFailure" as const }),
      fc.record({ policy: fc.constant("always" as const), intervalMs: fc.integer({ min: 1_000, max: 1e9 }) }),
    ),
    retry,
    backoff,
    stop: fc.record(
      { first: fc.constantFrom(...STOP_FIRST), signal: fc.constantFrom(...STOP_SIGNALS) },
      { noNullPrototype: true },
    ),
    stopGraceMs: fc.integer({ min: 0, max: 1e9 }),
    logs: fc.record({ separate: fc.boolean(), maxBytes: fc.integer({ min: 65_536, max: 1e12 }) }),
    notBefore: fc
      .date({ min: new Date(0), max: new Date("2099-12-31"), noInvalidDate: true })
      .map((at) => at.toISOString()),
    hold: fc.boolean(),
  },
  ["kind", "priority", "resources", "restart", "retry", "backoff", "stopGraceMs", "logs", "hold"],
);

/** Any draft that the schema takes. */
export const anyDraft = fc.record({
  name: fc.stringMatching(/^[A-Za-z][A-Za-z0-9._-]{0,60}$/),
  labels: fc.dictionary(key, text, { maxKeys: 4, noNullPrototype: true }),
  annotations: fc.dictionary(key, lines, { maxKeys: 4, noNullPrototype: true }),
  spec,
}) as fc.Arbitrary<Draft>;
