import { ok, type Result } from "../../lib/result.ts";
import { DEFAULT_HOLD_WITHIN_MS, type HoldAfter } from "../../model/group.ts";
import type { Fault } from "../fault.ts";
import { mapping } from "../mapping.ts";
import { anyText, count, duration, type ReadContext, type Reader, reader, text } from "../readers.ts";
import { IMPOSSIBLE_KEYS, type Schema } from "../schema.ts";
import type { Value } from "../value.ts";
import type { SweepKey } from "./field.ts";

const range: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["from", "to"],
  properties: { from: { type: "number" }, to: { type: "number" }, step: { type: "number" } },
};
const propertyNames: Schema = {
  pattern: `^(?!(?:${IMPOSSIBLE_KEYS.join("|")})$)[^\\s{}](?:[^{}\\n]*[^\\s{}])?$`,
};
/** A list without its brackets: as a single value, it would make a sweep that sweeps nothing. */
export const UNBRACKETED =
  /^(?:[^\s,[\]{}"']+(?:,[^\s,[\]{}"']+)+|-?[\d.]+(?:[eE]-?\d+)?(?:,\s*-?[\d.]+(?:[eE]-?\d+)?)+)$/;
const single: Schema = { ...anyText.schema, not: { type: "string", pattern: UNBRACKETED.source } };

const combination: Schema = {
  type: "object",
  additionalProperties: anyText.schema,
  minProperties: 1,
  propertyNames,
};
const combinations: Schema = { anyOf: [combination, { type: "array", items: combination }] };
const indices: Schema = {
  anyOf: [
    { type: "integer", minimum: 0 },
    {
      type: "string",
      pattern: "^\\s*\\d+(-\\d+(:\\d+)?)?\\s*(,\\s*\\d+(-\\d+(:\\d+)?)?\\s*)*$",
      examples: ["1-100", "1-100:10"],
    },
  ],
};

/** The keys that limit a sweep; the others make its members. */
export const SWEEP_LIMITS = {
  maxParallel: count(1),
  maxFailures: count(1),
  holdAfter: holdAfterReader(),
} as const;

/** `3`, or `{failures: 3, within: 1m}`. */
function holdAfterReader(): Reader<HoldAfter> {
  const failures = count(1);
  const whole = mapping(
    { failures, within: { as: "withinMs", read: duration() } },
    { must: ["failures"], example: "a number, or a mapping such as {failures: 3, within: 1m}" },
  );
  const completed = (read: { readonly failures: number; readonly withinMs?: number }): HoldAfter => ({
    failures: read.failures,
    withinMs: read.withinMs ?? DEFAULT_HOLD_WITHIN_MS,
  });
  return reader(
    () => ({ anyOf: [failures.schema, whole.schema] }),
    (value: Value, context: ReadContext): Result<HoldAfter, Fault[]> => {
      if (value.type === "mapping") {
        const read = whole(value, context);
        return read.ok ? ok(completed(read.value)) : read;
      }
      const read = failures(value, context);
      return read.ok ? ok(completed({ failures: read.value })) : read;
    },
  );
}

/** The keys of a sweep as a whole; `sweep/` reads them. */
export const SWEEP_KEYS = {
  matrix: {
    schema: {
      type: "object",
      properties: { include: combinations, exclude: combinations },
      additionalProperties: {
        anyOf: [{ type: "array", items: anyText.schema, minItems: 1 }, single, range],
      },
      minProperties: 1,
      propertyNames,
    },
    about: "a task for each combination of the values of these lists",
    more: "such as `{lr: [0.1, 0.01], seed: 1-3}`; the last list changes fastest",
    flag: { group: "Sweep", placeholder: "NAME=VALUES", repeats: true },
  },
  each: {
    schema: text.schema,
    about: "a task for each row of a .csv, .jsonl or .txt file",
    more: "a relative path starts at the folder of the task file",
    flag: { group: "Sweep", placeholder: "FILE" },
  },
  array: {
    schema: { anyOf: [indices, { type: "array", items: indices, minItems: 1 }] },
    about: "a task for each number, such as 1-100 or 1-100:10",
    more: "also `1,5,9-12`",
    flag: { group: "Sweep", placeholder: "NUMBERS", short: "a" },
  },
  maxParallel: {
    schema: SWEEP_LIMITS.maxParallel.schema,
    about: "run at most N members at a time",
    flag: { group: "Sweep", placeholder: "N" },
  },
  maxFailures: {
    schema: SWEEP_LIMITS.maxFailures.schema,
    about: "cancel the remaining members after N failures",
    flag: { group: "Sweep", placeholder: "N" },
  },
  holdAfter: {
    schema: SWEEP_LIMITS.holdAfter.schema,
    about: "hold the remaining members after N quick failures in a row",
    more: "`{failures: 3, within: 1m}`; `3` alone counts failures within 1m of the start",
    flag: { group: "Sweep", placeholder: "N" },
  },
} as const satisfies Readonly<Record<string, SweepKey>>;
