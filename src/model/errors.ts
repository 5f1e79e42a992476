import { err, type Result } from "../lib/result.ts";

/** The exit codes of stint's verbs; `run`, `wait` and `submit --wait` mirror the task instead. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  noSupervisor: 5,
  invalidTask: 6,
  refused: 7,
  internal: 70,
  outputLost: 74,
} as const;

type ExitName = keyof typeof EXIT;

export const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  done: "the command did what it was asked to do",
  failed: "a task failed: any since `drain` began, for instance; or `doctor` found a problem",
  usage: "the command line has a verb, a flag or a value that is not valid",
  notFound: "there is no such task, file or home",
  conflict: "the state of the task or of the home does not allow this",
  noSupervisor: "the command needs a supervisor, and none is running or none answers",
  invalidTask: "a task file is invalid",
  refused: "the request can never be fulfilled, the disk is full, or the home cannot be used",
  internal: "a bug in stint",
  outputLost: "the command did its work, but could not write all of its output; do not run it again",
};

/** Exit codes of the verbs that mirror a task, where there is no exit code of the task. */
export const MIRROR_EXIT = { expired: 124, ownError: 125, cancelled: 130 } as const;

interface ErrorEntry {
  readonly exit: ExitName;
  readonly meaning: string;
}

/** Every error of stint itself, by its stable code. `stint help errors` lists them, and `stint help CODE` explains one. */
export const ERRORS = {
  USAGE: { exit: "usage", meaning: "a verb, flag or value that the command line does not have" },
  WRONG_ENCODING: {
    exit: "usage",
    meaning: "an argument, a variable or a folder whose bytes are not UTF-8 text",
  },
  AMBIGUOUS: { exit: "usage", meaning: "a name that more than one task has" },
  NOT_FOUND: { exit: "notFound", meaning: "no such task, file or template" },
  HOME_MISSING: { exit: "notFound", meaning: "the home does not exist and this verb does not make one" },
  VERSION_CONFLICT: { exit: "conflict", meaning: "the task was changed in between" },
  ALREADY_EXISTS: {
    exit: "conflict",
    meaning: "a file or a schedule of that name exists, and was not overwritten",
  },
  INVALID_TRANSITION: { exit: "conflict", meaning: "the task is in a state that does not allow this" },
  TASK_LOCKED: { exit: "conflict", meaning: "the task has ended and is final" },
  HOME_LOCKED: { exit: "conflict", meaning: "another process holds the home's lock" },
  HOME_NEWER: { exit: "conflict", meaning: "the home was written by a newer stint" },
  RECORD_NEWER: { exit: "conflict", meaning: "a record was written by a newer stint" },
  UNANSWERED: {
    exit: "noSupervisor",
    meaning: "the supervisor did not answer in time; it carries the request out once it continues",
  },
  NO_SUPERVISOR: { exit: "noSupervisor", meaning: "no supervisor runs for this home" },
  INVALID_TASK_FILE: { exit: "invalidTask", meaning: "a task file with faults; all of them are listed" },
  INVALID_DEPENDENCY: {
    exit: "invalidTask",
    meaning: "a task waits for one that is not known, for an ambiguous name, or for itself",
  },
  NO_SNAPSHOT: { exit: "refused", meaning: "no snapshot of the code can be made" },
  NOT_EXACT: { exit: "refused", meaning: "what a task is to be repeated with is not what it ran with" },
  SLOT_BUSY: { exit: "refused", meaning: "the lane is busy, and the task was not to wait for it" },
  QUEUE_FULL: { exit: "refused", meaning: "too many tasks wait in one lane" },
  UNPLACEABLE: { exit: "refused", meaning: "this machine can never run the task" },
  HOME_UNUSABLE: { exit: "refused", meaning: "the home cannot be used as it is: owner, mode, file system" },
  DISK_FULL: { exit: "refused", meaning: "no room left on the home's file system" },
  WRITE_FAILED: { exit: "refused", meaning: "the operating system refused a write" },
  OUTSIDE_JOB: { exit: "refused", meaning: "the command works only inside a job of stint" },
  ADDRESS_TAKEN: { exit: "refused", meaning: "another program has the port or the socket" },
  UNAUTHORIZED: { exit: "refused", meaning: "a request to the server without a valid token" },
  FORBIDDEN: {
    exit: "refused",
    meaning: "a request that its token, or the page that sent it, does not allow",
  },
  WRONG_HOST: { exit: "refused", meaning: "a request to the server under a name that is not this machine's" },
  METHOD_NOT_ALLOWED: { exit: "refused", meaning: "a request with a method that its path does not have" },
  TOO_LARGE: { exit: "refused", meaning: "a request with a larger body than the server takes" },
  TOO_SLOW: { exit: "refused", meaning: "a request whose body did not arrive in time" },
  TOO_MANY_STREAMS: { exit: "refused", meaning: "the server has as many streams of events as it takes" },
  NO_SERVICE: { exit: "refused", meaning: "the service manager cannot be reached, or refused" },
  NOT_SYNCED: { exit: "failed", meaning: "a run was not sent to W&B" },
  RECORD_CORRUPT: { exit: "failed", meaning: "a record that cannot be read" },
  AUDIT_BROKEN: { exit: "failed", meaning: "the audit log does not match its own hashes" },
  OUTPUT_LOST: { exit: "outputLost", meaning: "standard output could not be written; what was done is done" },
  INTERNAL: { exit: "internal", meaning: "a bug in stint" },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** An expected error of stint: what was tried and what is (`message`), what to do next (`hint`). */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  /** The faults of a text, rendered, one paragraph each. */
  readonly faults?: string;
}

/** Permanent errors: a file or a firing is rejected for them. Any other error is one of the disk, and is retried. */
const PERMANENT: ReadonlySet<ErrorCode> = new Set([
  "INVALID_TASK_FILE",
  "INVALID_DEPENDENCY",
  "UNPLACEABLE",
  "QUEUE_FULL",
  "NO_SNAPSHOT",
]);

export function isPermanent({ code }: Problem): boolean {
  return PERMANENT.has(code);
}

/** A problem and its faults, for a file that a person reads. */
export function inFull({ message, faults }: Problem): string {
  return faults === undefined ? message : `${message}\n\n${faults}`;
}

/** Makes a problem; the message follows `Cannot <action> "<value>": <what is>, <what is wanted>`. */
export function problem(code: ErrorCode, message: string, hint?: string): Problem {
  return hint === undefined ? { code, message } : { code, message, hint };
}

/** A refusal for the problem; see `problem`. */
export function rejected(code: ErrorCode, message: string, hint?: string): Result<never, Problem> {
  return err(problem(code, message, hint));
}
