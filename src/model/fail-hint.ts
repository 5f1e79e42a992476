import type { FailHint } from "./event.ts";
import { FAILURE_CODES, type Failure, type FailureCode, failureEntry, failureOf } from "./failure.ts";
import { quotedJob } from "./quote.ts";

/** The rule of a failure that the job itself named. */
const SAID_BY_JOB = "event:FAIL";
/** What only stint can know. */
const OF_STINT: readonly FailureCode[] = ["STALE_WORKER", "INTERRUPTED", "TIMEOUT", "INVALID_OUTPUTS"];

/** The failure of a job that has failed, in its own words; `how` says how it ended. */
export function failureFromHint({ code, class: of, msg }: FailHint, how: string): Failure {
  const known = FAILURE_CODES.find((one) => one === code && !OF_STINT.includes(one));
  const said = [code === known ? undefined : code, msg].filter((part) => part !== undefined && part !== "");
  const words = said.length === 0 ? "" : `; ${quotedJob(said.join(": "))}`;
  const failure = failureOf(known ?? "EXIT_NONZERO", SAID_BY_JOB, `${how}${words}`);
  return of === undefined ? failure : { ...failure, class: of };
}

/** Whether a job asks to be retried after a failure that it named; undefined where it does not say. */
export function askedRetry(failure: Failure, hint: FailHint | undefined): boolean | undefined {
  if (hint === undefined || failure.rule !== SAID_BY_JOB) return undefined;
  if (hint.retryable !== undefined) return hint.retryable && failureEntry(failure.code).final !== true;
  // Of a failure with a code of the job's own, the class tells.
  const isOwnCode = failure.code === "EXIT_NONZERO" && hint.class !== undefined;
  return isOwnCode ? ["infrastructure", "resource"].includes(failure.class) : undefined;
}
