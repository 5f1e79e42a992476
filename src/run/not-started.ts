import { errnoOf } from "../lib/errno.ts";
import type { ShellExit } from "../model/evidence.ts";
import type { FailureCode } from "../model/failure.ts";

/** Why a job could not be started. */
export interface NotStarted {
  readonly code: FailureCode;
  /** `Cannot <action> "<value>": <what is>, <what is wanted>`. */
  readonly error: string;
  /** The system lacks a resource for now: it is no fault of the task, and any other would fail too. */
  readonly isShortage?: true;
  readonly exit?: ShellExit;
}

/** Errors of a system without files, processes or memory left. */
const SHORTAGES = ["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"];

const MEANINGS: Readonly<Record<string, string>> = {
  EAGAIN: "no more processes are allowed (EAGAIN), wanted some to end or a higher `ulimit -u`",
  ENOMEM: "there is not enough memory (ENOMEM), wanted some to be freed",
  EMFILE: "too many files are open in stint (EMFILE), wanted fewer jobs or a higher `ulimit -n`",
  ENFILE: "too many files are open in the system (ENFILE), wanted some to be closed",
  ENOSPC: "no space left on the device (ENOSPC), wanted some to be freed",
  EDQUOT: "the disk quota is used up (EDQUOT), wanted some space to be freed",
  EROFS: "the file system is read-only (EROFS), wanted one that can be written",
  EACCES: "permission denied (EACCES), wanted write access",
  ENOENT: "no such directory (ENOENT), wanted the one of the attempt",
};

const NO_PROCESS =
  "the system refused to start a process, wanted room for one more (processes, memory, open files)";

/** The task itself is at fault: a retry cannot succeed. */
export function invalidTask(error: string, exit?: ShellExit): NotStarted {
  return { code: "INVALID_SPEC", error, ...(exit !== undefined && { exit }) };
}

/** The system refused, for now; `action` begins the sentence, as in `Cannot open "x"`. */
export function refusedBySystem(action: string, error: unknown): NotStarted {
  const errno = errnoOf(error);
  const isFull = errno === "ENOSPC" || errno === "EDQUOT";
  const meaning = errno === null ? NO_PROCESS : (MEANINGS[errno] ?? errno);
  const isShortage = errno !== null && SHORTAGES.includes(errno);
  const code = isFull ? "DISK_FULL" : "RUNTIME_ERROR";
  return { code, error: `${action}: ${meaning}`, ...(isShortage && { isShortage }) };
}
