import * as v from "valibot";
import type { Backoff } from "./backoff.ts";

export const FAILURE_CLASSES = ["infrastructure", "resource", "data", "code", "unknown"] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/**
 * What people read for a class: `job` for what records call `code`, a word that error codes and exit codes have too. Records of this
 * format keep it, since an older version would put aside one with another word.
 */
export function className(of: string): string {
  return of === "code" ? "job" : of;
}

/** The class that a name means, in lower case: that of people, or that of records. Other names are given back. */
export function classNamed(name: string): string {
  return name === "job" ? "code" : name;
}

interface FailureEntry {
  readonly class: FailureClass;
  /** Retried although the task asks for nothing; `uncounted` costs nothing of the budget. */
  readonly retry: "yes" | "no" | "uncounted";
  /** At least this first wait, at most this longest one; absent means the task's own backoff. */
  readonly backoff?: Backoff;
  /** Failures in a row with this code after which it is given up, whatever the budget. */
  readonly maxAttempts?: number;
  /** Never retried, not even where the task asks for retries of everything. */
  readonly final?: true;
  readonly meaning: string;
  /** What the user can do about it. */
  readonly advice: string;
}

const full = (firstMs: number, maxMs: number): Backoff => ({ firstMs, maxMs, factor: 2, jitter: "full" });
const equal = (firstMs: number, maxMs: number): Backoff => ({ firstMs, maxMs, factor: 2, jitter: "equal" });
const none = (firstMs: number, maxMs: number): Backoff => ({ firstMs, maxMs, factor: 2, jitter: "none" });
const MINUTE = 60_000;

/** Every way a job can fail: its class, what is retried and how, and what to tell the user. */
export const FAILURES = {
  STALE_WORKER: {
    class: "infrastructure",
    retry: "yes",
    meaning: "the job's process is gone and left no result, as after a reboot or a power cut",
    advice: "nothing is wrong with the job itself; `stint retry` runs it again",
  },
  INTERRUPTED: {
    class: "infrastructure",
    retry: "uncounted",
    backoff: none(1_000, 5 * MINUTE),
    maxAttempts: 10,
    meaning: "the job was told to stop by something other than stint, as when the machine shuts down",
    advice:
      "it is queued again by itself and costs no retry; ten times in a row within one boot, and it is set aside: find out what ends it",
  },
  KILLED: {
    class: "infrastructure",
    retry: "yes",
    backoff: full(5_000, 2 * MINUTE),
    meaning: "somebody or something other than stint killed the job",
    advice:
      "look for the kernel's out-of-memory killer (`dmesg | grep -i oom`) or for a person; declare `memory:` if it was memory",
  },
  GPU_FAULT: {
    class: "infrastructure",
    retry: "yes",
    backoff: full(30_000, 10 * MINUTE),
    maxAttempts: 3,
    meaning: "the GPU or its driver failed",
    advice:
      "check `nvidia-smi` and `dmesg | grep -i xid`; a driver update without a reboot shows as a version mismatch",
  },
  GPU_ERROR: {
    class: "infrastructure",
    retry: "yes",
    backoff: full(30_000, 10 * MINUTE),
    maxAttempts: 2,
    meaning: "a call of CUDA, cuDNN or NCCL failed: the program is wrong, or the GPU is",
    advice:
      "it is tried once more, on another GPU if there is one; where it fails there too, `CUDA_LAUNCH_BLOCKING=1` or `NCCL_DEBUG=INFO` in its environment tell where",
  },
  RUNTIME_ERROR: {
    class: "infrastructure",
    retry: "yes",
    backoff: full(5_000, 2 * MINUTE),
    meaning: "the job could not be started: the system or the container engine refused for the moment",
    advice: "check that the engine runs and that the machine is not out of processes or memory",
  },
  NETWORK: {
    class: "infrastructure",
    retry: "yes",
    backoff: full(5_000, 5 * MINUTE),
    meaning: "a network service could not be reached",
    advice: "check the connection and the address that the log names",
  },
  RATE_LIMITED: {
    class: "infrastructure",
    retry: "yes",
    backoff: equal(MINUTE, 15 * MINUTE),
    meaning: "a service said: too many requests",
    advice: "run fewer of these at a time, or raise the service's limit",
  },
  GPU_OOM: {
    class: "resource",
    retry: "yes",
    backoff: equal(MINUTE, MINUTE),
    maxAttempts: 2,
    meaning: "the GPU ran out of memory",
    advice: "lower the batch size, or ask for a whole or larger GPU",
  },
  OOM_KILLED: {
    class: "resource",
    retry: "no",
    meaning: "the job went over its own memory limit and was killed for it",
    advice: "raise `limits.memory` (the peak is on record), then `stint retry`",
  },
  HOST_OOM: {
    class: "resource",
    retry: "yes",
    backoff: equal(MINUTE, MINUTE),
    maxAttempts: 2,
    meaning: "the machine, or the memory that the job may have, had no room for what it asked for",
    advice:
      "declare `memory:`, so that no more jobs run than there is room for, or make it smaller (batch, workers, arrays), then `stint retry`",
  },
  DISK_FULL: {
    class: "resource",
    retry: "yes",
    backoff: full(MINUTE, 10 * MINUTE),
    maxAttempts: 2,
    meaning: "a disk, a quota or shared memory was full",
    advice:
      "free some room where the job writes, then `stint retry`; of shared memory (`df -h /dev/shm`) DataLoader workers take less where they are fewer, and a container has more with `container.shmSize`",
  },
  RESOURCE_BUSY: {
    class: "resource",
    retry: "yes",
    backoff: full(30_000, 5 * MINUTE),
    maxAttempts: 2,
    meaning: "a port, a file or a database was in use by another process",
    advice:
      "find who has it (`ss -ltnp`, `fuser -v FILE`), give each job its own, or let those that share it run one after the other (`slot:`)",
  },
  TIMEOUT: {
    class: "resource",
    retry: "no",
    meaning: "the job ran longer than its `timeout:`",
    advice: "raise it with `stint set ID timeout=…` and `stint retry`, or set `retry.onTimeout: true`",
  },
  DATA_MISMATCH: {
    class: "data",
    retry: "no",
    final: true,
    meaning: "a data set is not what its checksum says",
    advice: "fetch the data again or correct the checksum",
  },
  DATA_UNREACHABLE: {
    class: "data",
    retry: "yes",
    backoff: full(30_000, 10 * MINUTE),
    maxAttempts: 3,
    meaning: "a file, a folder or a disk that the job needs is not there",
    advice: "mount or make what is missing; `stint retry` looks at once",
  },
  EXIT_NONZERO: {
    class: "code",
    retry: "no",
    meaning: "the job ended with an error of its own",
    advice: "read the log (`stint logs`), mend the program, then `stint retry`",
  },
  MODULE_NOT_FOUND: {
    class: "code",
    retry: "no",
    meaning: "a module that the program imports is not where the interpreter that ran it looks",
    advice:
      "install it for that interpreter; or activate the environment that has it and queue the task anew with that: `stint submit --from ID` (`stint retry` keeps the environment of the first submission)",
  },
  INVALID_SPEC: {
    class: "code",
    retry: "no",
    final: true,
    meaning: "the task cannot be started as it is written",
    advice: "correct the command, its folder or its permissions with `stint set`, or submit it anew",
  },
  AUTH_FAILED: {
    class: "code",
    retry: "no",
    final: true,
    meaning: "a service refused the credentials",
    advice: "renew the key or token that the log names, then `stint retry`",
  },
  INVALID_OUTPUTS: {
    class: "code",
    retry: "no",
    meaning: "the job's outputs are not what the task declares",
    advice: "correct what the job writes, or the declaration",
  },
  UNKNOWN: {
    class: "unknown",
    retry: "yes",
    maxAttempts: 2,
    meaning: "the job ended and nothing says how",
    advice: "look at the log and at the system's journal for that time",
  },
} as const satisfies Record<string, FailureEntry>;

export type FailureCode = keyof typeof FAILURES;
export const FAILURE_CODES = Object.keys(FAILURES) as FailureCode[];

export const failureCode = v.picklist(FAILURE_CODES);
const failureClass = v.picklist(FAILURE_CLASSES);

/** The entry of a code, with every optional field in its type. */
export function failureEntry(code: FailureCode): FailureEntry {
  return FAILURES[code];
}

/** Why an attempt failed, as it stands on record. */
export const failure = v.strictObject({
  class: failureClass,
  code: failureCode,
  /** The rule that decided, by name: see `classify`. */
  rule: v.string(),
  /** What happened, in a sentence. */
  error: v.string(),
});
export type Failure = v.InferOutput<typeof failure>;

/** Completes a code with its class. */
export function failureOf(code: FailureCode, rule: string, error: string): Failure {
  return { class: FAILURES[code].class, code, rule, error };
}
