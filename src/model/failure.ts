import * as v from "valibot";
import type { Backoff } from "./backoff.ts";

export const FAILURE_CLASSES = ["infrastructure", "resource", "data", "code", "unknown"] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/**
 * The displayed name of a class: `job` for `code` of the records, which is also said of error codes and exit codes. Records keep `code`,
 * as an older version would quarantine a record with an unknown class.
 */
export function className(of: string): string {
  return of === "code" ? "job" : of;
}

/** The class with a name in lower case, the displayed one or that of records; other names are returned as they are. */
export function classNamed(name: string): string {
  return name === "job" ? "code" : name;
}

interface FailureEntry {
  readonly class: FailureClass;
  /** Whether it is retried by default; `uncounted` does not count against the budget. */
  readonly retry: "yes" | "no" | "uncounted";
  /** The minimum first wait and the maximum wait; absent means the task's own backoff. */
  readonly backoff?: Backoff;
  /** Failures in a row with this code after which the task fails, regardless of its budget. */
  readonly maxAttempts?: number;
  /** Never retried, not even with `scope: any`. */
  readonly final?: true;
  readonly meaning: string;
  /** What the user can do about it. */
  readonly advice: string;
}

const full = (firstMs: number, maxMs: number): Backoff => ({ firstMs, maxMs, factor: 2, jitter: "full" });
const equal = (firstMs: number, maxMs: number): Backoff => ({ firstMs, maxMs, factor: 2, jitter: "equal" });
const none = (firstMs: number, maxMs: number): Backoff => ({ firstMs, maxMs, factor: 2, jitter: "none" });
const MINUTE = 60_000;

/** Every way in which a job can fail: its class, its default retries, and the texts for the user. */
const FAILURES = {
  STALE_WORKER: {
    class: "infrastructure",
    retry: "yes",
    meaning: "the process of the job is gone and left no result, as after a reboot or power cut",
    advice: "nothing is wrong with the job itself; `stint retry` runs it again",
  },
  INTERRUPTED: {
    class: "infrastructure",
    retry: "uncounted",
    backoff: none(1_000, 5 * MINUTE),
    maxAttempts: 10,
    meaning: "something outside stint sent the job SIGTERM, such as a shutdown",
    advice:
      "it is requeued automatically and uses no retry; after ten in a row without a reboot it fails: find out what sends the signal",
  },
  KILLED: {
    class: "infrastructure",
    retry: "yes",
    backoff: full(5_000, 2 * MINUTE),
    meaning: "a user or another process killed the job",
    advice:
      "look for the kernel's out-of-memory killer (`dmesg | grep -i oom`); if it was memory, declare `memory:`",
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
      "it is tried once more, on another GPU if there is one; if it fails there too, `CUDA_LAUNCH_BLOCKING=1` or `NCCL_DEBUG=INFO` in its environment show where",
  },
  RUNTIME_ERROR: {
    class: "infrastructure",
    retry: "yes",
    backoff: full(5_000, 2 * MINUTE),
    meaning: "the job could not be started: the system or the container engine refused temporarily",
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
    meaning: "a service refused: too many requests",
    advice: "run fewer of these tasks at a time, or raise the service's limit",
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
    meaning: "the job exceeded its memory limit and was killed",
    advice: "raise the limit with `stint retry ID --set limits.memory=…`; `stint show ID` has the peak",
  },
  HOST_OOM: {
    class: "resource",
    retry: "yes",
    backoff: equal(MINUTE, MINUTE),
    maxAttempts: 2,
    meaning: "the machine, or the job's own limit, had too little memory for an allocation",
    advice:
      "declare `memory:`, so that no more jobs run than memory allows, or make the job smaller (batch, workers, arrays), then `stint retry`",
  },
  DISK_FULL: {
    class: "resource",
    retry: "yes",
    backoff: full(MINUTE, 10 * MINUTE),
    maxAttempts: 2,
    meaning: "a disk, a quota or shared memory was full",
    advice:
      "free space where the job writes, then `stint retry`; shared memory (`df -h /dev/shm`): use fewer DataLoader workers, or raise `container.shmSize`",
  },
  RESOURCE_BUSY: {
    class: "resource",
    retry: "yes",
    backoff: full(30_000, 5 * MINUTE),
    maxAttempts: 2,
    meaning: "a port, a file or a database was in use by another process",
    advice:
      "find the process that has it (`ss -ltnp`, `fuser -v FILE`), give each job its own, or run the jobs that share it one after the other (`slot:`)",
  },
  TIMEOUT: {
    class: "resource",
    retry: "no",
    meaning: "the job ran longer than its `timeout:`",
    advice: "raise it with `stint retry ID --set timeout=…`, or set `retry.onTimeout: true`",
  },
  PREFLIGHT: {
    class: "infrastructure",
    retry: "uncounted",
    backoff: equal(15_000, 5 * MINUTE),
    meaning: "what the task asks for before it starts (`preflight:`) is not there yet",
    advice:
      "nothing is lost and no retry is used: it is asked again by itself, and `stint retry` asks at once",
  },
  NOT_READY: {
    class: "infrastructure",
    retry: "yes",
    backoff: full(5_000, 5 * MINUTE),
    meaning: "a service did not answer within the time that it has for its start",
    advice:
      "the error has its last answer: read the log, ask what it does answer with `service: {ready: …}`, or give it longer with `within:`",
  },
  UNHEALTHY: {
    class: "infrastructure",
    retry: "yes",
    backoff: full(5_000, 5 * MINUTE),
    meaning: "a service that had answered did not answer any more, several times in a row",
    advice:
      "read the log around the last answer; `service: {health: {every: …, failures: …}}` sets how patient stint is",
  },
  DATA_MISMATCH: {
    class: "data",
    retry: "no",
    final: true,
    meaning: "a data set does not match its checksum",
    advice: "fetch the data again or correct the checksum",
  },
  DATA_UNREACHABLE: {
    class: "data",
    retry: "yes",
    backoff: full(30_000, 10 * MINUTE),
    maxAttempts: 3,
    meaning: "a file, a folder or a disk that the job needs does not exist or is not mounted",
    advice: "mount or create what is missing; `stint retry` tries at once",
  },
  EXIT_NONZERO: {
    class: "code",
    retry: "no",
    meaning: "the program exited with an error",
    advice: "read the log (`stint logs`), fix the program, then `stint retry`",
  },
  MODULE_NOT_FOUND: {
    class: "code",
    retry: "no",
    meaning: "the interpreter that ran the program did not find a module that it imports",
    advice:
      "install it for that interpreter; or activate the environment that has it and submit the task again from there: `stint submit --from ID` (`stint retry` keeps the environment of the first submission)",
  },
  INVALID_SPEC: {
    class: "code",
    retry: "no",
    final: true,
    meaning: "the task cannot be started as it is specified",
    advice:
      "correct the command, its folder or its permissions, then `stint retry` (with `--set KEY=VALUE`, to change the task)",
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
    meaning: "the job succeeded, and its outputs are not those that the task asks for",
    advice:
      "correct what the job writes into $STINT_OUTPUTS, or `outputs:` and `fail:` of the task; its files are kept",
  },
  UNKNOWN: {
    class: "unknown",
    retry: "yes",
    maxAttempts: 2,
    meaning: "the job ended, and how is unknown",
    advice: "read the log, and the system's journal for that time",
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

/** Why an attempt failed, as recorded. */
export const failure = v.strictObject({
  class: failureClass,
  code: failureCode,
  /** The name of the rule that decided; see `classify`. */
  rule: v.string(),
  /** What happened, in a sentence. */
  error: v.string(),
});
export type Failure = v.InferOutput<typeof failure>;

export function failureOf(code: FailureCode, rule: string, error: string): Failure {
  return { class: FAILURES[code].class, code, rule, error };
}

/** The exit code of a shell in place of a job that could not be started; null where it has none. */
export function shellExitOf({ rule }: Failure): number | null {
  const code = /^spawn:(\d+)$/.exec(rule)?.[1];
  return code === undefined ? null : Number(code);
}
