import { err, ok } from "../lib/result.ts";
import { type Backoff, DEFAULT_BACKOFF, JITTERS } from "../model/backoff.ts";
import {
  className,
  classNamed,
  FAILURE_CLASSES,
  FAILURE_CODES,
  type FailureClass,
  type FailureCode,
} from "../model/failure.ts";
import { fault } from "./fault.ts";
import { mapping, mappingOf, partOf } from "./mapping.ts";
import { after, atLeast, count, duration, listOf, oneOf, type ReadContext, reader } from "./readers.ts";
import { oneOfWords } from "./schema.ts";
import type { Entry } from "./value.ts";

/** For more attempts, `restart: always` or `maxAttempts: 0` is meant. */
export const MAX_ATTEMPTS = 1_000_000;

const retryCount = count(0, MAX_ATTEMPTS - 1);

/** Retries after the first attempt; returns the number of attempts. */
export const retries = reader(
  () => retryCount.schema,
  after(retryCount, (again) => ok(again + 1)),
);

/** The factor of each further wait. */
export const factor = atLeast(1, "a number");

const classOrCodeName = oneOf(
  [...FAILURE_CLASSES.map(className), ...FAILURE_CODES, "code"],
  "a failure class or code such as resource or GPU_OOM",
);

/** A failure class or code, as in records; the old name of a class stays valid. */
const classOrCode = reader(
  () => oneOfWords([...FAILURE_CLASSES.map(className), ...FAILURE_CODES], ["code"]),
  after<string, FailureClass | FailureCode>(classOrCodeName, (name) => ok(classNamed(name) as FailureCode)),
  className,
);

export const classesAndCodes = listOf(classOrCode);

export const exitCodes = listOf(count(1, 255));

const backoffKeys = mapping(
  {
    first: { as: "firstMs", read: duration() },
    max: { as: "maxMs", read: duration() },
    factor,
    jitter: oneOf(JITTERS),
  },
  { example: "{first: 1s, max: 1m}" },
);

const backoff = reader(
  () => backoffKeys.schema,
  after(backoffKeys, (given, value) => {
    const policy = completeBackoff(given, DEFAULT_BACKOFF);
    return policy.maxMs < policy.firstMs
      ? err([fault(partOf(value, "max").span, `"${value.path}.max" is less than first`)])
      : ok(policy);
  }),
);

/** `retry.perClass`: for each class or code its own number of attempts and its own backoff. */
export const perClass = mappingOf(
  ({ key, span, value }: Entry, context: ReadContext) =>
    classOrCode({ type: "scalar", data: key, text: key, path: value.path, span }, context),
  mapping(
    { maxAttempts: count(0, MAX_ATTEMPTS), backoff },
    { example: "{maxAttempts: 3} or {backoff: {first: 1m}}" },
  ),
  { example: "{GPU_OOM: {maxAttempts: 3}}", names: () => classOrCode.schema },
);

/** Completes a backoff: where only `first` or `max` was given, the other is adjusted to it. */
export function completeBackoff(
  given: { readonly [K in keyof Backoff]?: Backoff[K] | undefined },
  base: Backoff,
): Backoff {
  const firstMs = given.firstMs ?? Math.min(base.firstMs, given.maxMs ?? base.firstMs);
  const maxMs = given.maxMs ?? Math.max(base.maxMs, firstMs);
  return { firstMs, maxMs, factor: given.factor ?? base.factor, jitter: given.jitter ?? base.jitter };
}
