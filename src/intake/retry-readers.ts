import { err, ok, type Result } from "../lib/result.ts";
import { type Backoff, DEFAULT_BACKOFF, JITTERS } from "../model/backoff.ts";
import { FAILURE_CLASSES, FAILURE_CODES } from "../model/failure.ts";
import type { Retry } from "../model/retry.ts";
import { type Fault, fault, refuse } from "./fault.ts";
import { count, duration, factor, listOf, oneOf, type ReadContext, type Reader } from "./readers.ts";
import { members } from "./task-readers.ts";
import { describe, type Entry, NOWHERE, type Value } from "./value.ts";

/** More attempts than this mean "always", which `restart: always` or `maxAttempts: 0` says. */
export const MAX_ATTEMPTS = 1_000_000;

/** Retries after the first attempt; gives the number of attempts. */
export function retries(value: Value, surroundings: ReadContext): Result<number, Fault[]> {
  const read = count(0, MAX_ATTEMPTS - 1)(value, surroundings);
  return read.ok ? ok(read.value + 1) : read;
}

const classOrCode = oneOf(
  [...FAILURE_CLASSES, ...FAILURE_CODES],
  "a failure class or code such as resource or GPU_OOM",
);

/** Failure classes and codes. */
export const classesAndCodes: Reader<Retry["on"]> = listOf(classOrCode);

/** Exit codes of failures. */
export const exitCodes: Reader<Retry["onExit"]> = listOf(count(1, 255));

/** `retry.perClass`: for each class or code its own number of attempts and its own backoff. */
export function perClass(
  value: Value,
  surroundings: ReadContext,
): Result<NonNullable<Retry["perClass"]>, Fault[]> {
  if (value.type !== "mapping")
    return refuse(value, `is ${describe(value)}, wanted a mapping such as {GPU_OOM: {maxAttempts: 3}}`);
  const table: NonNullable<Retry["perClass"]> = {};
  const faults: Fault[] = [];
  for (const entry of value.entries) {
    const read = classEntry(entry, surroundings);
    if (read.ok) table[read.value.key] = read.value.own;
    else faults.push(...read.error);
  }
  return faults.length > 0 ? err(faults) : ok(table);
}

type PerClass = NonNullable<Retry["perClass"]>;
type ClassKey = keyof PerClass;

function classEntry(
  { key, span, value }: Entry,
  surroundings: ReadContext,
): Result<{ key: ClassKey; own: NonNullable<PerClass[ClassKey]> }, Fault[]> {
  const name = classOrCode({ type: "scalar", data: key, text: key, path: value.path, span }, surroundings);
  if (!name.ok) return name;
  if (value.type !== "mapping")
    return refuse(value, `is ${describe(value)}, wanted {maxAttempts: 3} or {backoff: {first: 1m}}`);
  const read = members(value, ["maxAttempts", "backoff"]);
  if (!read.ok) return read;
  const attempts =
    read.value.maxAttempts === undefined
      ? null
      : count(0, MAX_ATTEMPTS)(read.value.maxAttempts, surroundings);
  const own = read.value.backoff === undefined ? null : backoff(read.value.backoff, surroundings);
  const faults = [attempts, own].flatMap((part) => (part === null || part.ok ? [] : part.error));
  if (faults.length > 0) return err(faults);
  return ok({
    key: name.value,
    own: { ...(attempts?.ok && { maxAttempts: attempts.value }), ...(own?.ok && { backoff: own.value }) },
  });
}

function backoff(value: Value, surroundings: ReadContext): Result<Backoff, Fault[]> {
  if (value.type !== "mapping") return refuse(value, `is ${describe(value)}, wanted {first: 1s, max: 1m}`);
  const read = members(value, ["first", "max", "factor", "jitter"]);
  if (!read.ok) return read;
  const given = read.value;
  const faults: Fault[] = [];
  const take = <T>(part: Value | undefined, reader: Reader<T>): T | undefined => {
    if (part === undefined) return undefined;
    const result = reader(part, surroundings);
    if (!result.ok) faults.push(...result.error);
    return result.ok ? result.value : undefined;
  };
  const firstMs = take(given.first, duration());
  const maxMs = take(given.max, duration());
  const policy = completeBackoff(
    { firstMs, maxMs, factor: take(given.factor, factor), jitter: take(given.jitter, oneOf(JITTERS)) },
    DEFAULT_BACKOFF,
  );
  if (faults.length === 0 && policy.maxMs < policy.firstMs)
    faults.push(fault(given.max?.span ?? NOWHERE, `"${value.path}.max" is under first`));
  return faults.length > 0 ? err(faults) : ok(policy);
}

/** Completes a backoff: where only one end was given, the other moves with it. */
export function completeBackoff(
  given: { [K in keyof Backoff]: Backoff[K] | undefined },
  base: Backoff,
): Backoff {
  const firstMs = given.firstMs ?? Math.min(base.firstMs, given.maxMs ?? base.firstMs);
  const maxMs = given.maxMs ?? Math.max(base.maxMs, firstMs);
  return { firstMs, maxMs, factor: given.factor ?? base.factor, jitter: given.jitter ?? base.jitter };
}
