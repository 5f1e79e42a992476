import type { Ending, Evidence } from "./evidence.ts";
import { type Failure, type FailureCode, failureOf } from "./failure.ts";

/** What an attempt came to. */
export type Verdict =
  | { readonly type: "completed" }
  | { readonly type: "failed" | "timeout"; readonly failure: Failure }
  | { readonly type: "interrupted" | "orphaned"; readonly failure: Failure }
  | { readonly type: "cancelled" | "superseded" | "shutdown"; readonly note: string };

type Exited = Extract<Ending, { type: "exited" }>;

interface LogRule {
  readonly name: string;
  readonly code: FailureCode;
  readonly pattern: RegExp;
}

/**
 * What programs say when they die, in the order of trust: the more specific first. The texts are those of CUDA,
 * cuBLAS, PyTorch, JAX and TensorFlow, of the NVIDIA driver, glibc's strerror and of HTTP clients.
 */
const LOG_RULES: readonly LogRule[] = [
  {
    name: "log:not-in-image",
    code: "INVALID_SPEC",
    // The init that podman brings ends with 1 where it cannot run the command; docker's ends with 127.
    pattern: /^ERROR \(catatonit:\d+\): failed to exec pid1/m,
  },
  {
    name: "log:gpu-oom",
    code: "GPU_OOM",
    // A service that is out of quota says StatusCode.RESOURCE_EXHAUSTED in gRPC's Python.
    pattern:
      /CUDA out of memory|torch(\.cuda)?\.OutOfMemoryError|CUDA error: out of memory|CUBLAS_STATUS_ALLOC_FAILED|cudaErrorMemoryAllocation|CUDA_ERROR_OUT_OF_MEMORY|(?<!StatusCode\.)RESOURCE_EXHAUSTED|OOM when allocating tensor|HIP out of memory/,
  },
  {
    name: "log:gpu-fault",
    code: "GPU_FAULT",
    pattern:
      /fallen off the bus|\bXid \(PCI|\bXid:? \d{1,3}\b|[Uu]ncorrectable ECC|Driver\/library version mismatch|no CUDA-capable device|unhandled system error, NCCL|ncclSystemError/,
  },
  {
    name: "log:disk-full",
    code: "DISK_FULL",
    // Node says ENOSPC for a lack of file watchers too.
    pattern: /[Nn]o space left on device|Disk quota exceeded|insufficient shared memory/,
  },
  { name: "log:data-mismatch", code: "DATA_MISMATCH", pattern: /(hash|checksum) mismatch/i },
  {
    name: "log:rate-limited",
    code: "RATE_LIMITED",
    pattern:
      /\b(HTTP(\/[\d.]+)?|status|code|error:)["']?[ :=(]{0,2}429(?![.\d])|\b429 (Client Error|Too Many)|Too Many Requests|(?<!(learning|sample|frame|bit) )rate limit(ed| exceeded| reached)|RateLimitError|quota exceeded/i,
  },
  {
    name: "log:auth-failed",
    code: "AUTH_FAILED",
    pattern:
      /\b401\b.{0,40}client error|\b403\b.{0,40}(Forbidden|client error)|\bunauthorized\b|invalid api key|AuthenticationError/i,
  },
  {
    name: "log:network",
    code: "NETWORK",
    pattern:
      /Connection (refused|reset)|ECONNRE(FUSED|SET)|Temporary failure in name resolution|Name or service not known|Could not resolve host|getaddrinfo E(NOTFOUND|AI_AGAIN)|Network is unreachable|\b5\d\d\b.{0,40}(Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out|server error)|returned error: 5\d\d/i,
  },
];

/** Exit codes with an agreed meaning (sysexits.h, POSIX shells, timeout(1), container engines). */
const EXIT_RULES: Readonly<Record<number, FailureCode>> = {
  64: "INVALID_SPEC",
  66: "DATA_UNREACHABLE",
  69: "NETWORK",
  75: "NETWORK",
  77: "AUTH_FAILED",
  124: "TIMEOUT",
  125: "RUNTIME_ERROR",
  126: "INVALID_SPEC",
  127: "INVALID_SPEC",
};

/** Signals that others send to a program, against those that it brings upon itself. */
const KILLED_BY_OTHERS = new Set(["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"]);

/**
 * Judges an attempt by its evidence; the first hit wins: stint's own action, an interruption from outside, success,
 * the kernel's memory killer, a signal, a reserved exit code, the log, any other exit code.
 */
export function classify(evidence: Evidence, failOnNonZero: boolean): Verdict {
  const { ending, stop } = evidence;
  if (stop !== null) return ownAction(stop);
  switch (ending.type) {
    case "notStarted":
      return { type: "failed", failure: failureOf(ending.code, "spawn", ending.error) };
    case "lost":
      return ending.signal === null
        ? { type: "orphaned", failure: failureOf("STALE_WORKER", "process-gone", ending.note) }
        : { type: "failed", failure: failureOf("KILLED", "signal", `killed by ${ending.signal}`) };
    case "exited":
      return judgeExit(ending, evidence, failOnNonZero);
  }
}

function ownAction(stop: NonNullable<Evidence["stop"]>): Verdict {
  switch (stop.reason) {
    case "User":
      return { type: "cancelled", note: `cancelled by ${stop.actor}` };
    case "Superseded":
      return { type: "superseded", note: `replaced by ${stop.actor}` };
    case "Shutdown":
      return { type: "shutdown", note: `stopped with the supervisor by ${stop.actor}` };
    case "Timeout":
      return {
        type: "timeout",
        failure: failureOf("TIMEOUT", "deadline", "ran longer than its timeout and was stopped"),
      };
  }
}

function judgeExit(ending: Exited, evidence: Evidence, failOnNonZero: boolean): Verdict {
  if (ending.sawTerm) {
    const error = "told to terminate by something other than stint";
    return { type: "interrupted", failure: failureOf("INTERRUPTED", "term-from-outside", error) };
  }
  if (ending.exitCode === 0) return { type: "completed" };
  const how = howItEnded(ending);
  const failed = (code: FailureCode, rule: string, error = how): Verdict => ({
    type: "failed",
    failure: failureOf(code, rule, error),
  });
  if (evidence.oomKilled) return failed("OOM_KILLED", "cgroup:oom-kill", "went over its memory limit");
  if (ending.signal !== null)
    return failed(codeOfSignal(ending.signal, evidence.logTail), `signal:${ending.signal}`);
  if (!failOnNonZero && ending.exitCode !== null) return { type: "completed" };
  const reserved = EXIT_RULES[ending.exitCode ?? -1];
  if (reserved !== undefined) return failed(reserved, `exit:${ending.exitCode}`);
  const rule = LOG_RULES.find((candidate) => candidate.pattern.test(evidence.logTail));
  if (rule !== undefined)
    return failed(rule.code, rule.name, `${how}; the log says: ${matchedLine(rule, evidence.logTail)}`);
  return ending.exitCode === null ? failed("UNKNOWN", "no-evidence") : failed("EXIT_NONZERO", "exit:nonzero");
}

function howItEnded({ exitCode, signal }: Exited): string {
  if (signal !== null) return `killed by ${signal}`;
  return exitCode === null ? "ended, and nothing says how" : `exited with code ${exitCode}`;
}

function codeOfSignal(signal: string, logTail: string): FailureCode {
  if (KILLED_BY_OTHERS.has(signal)) return "KILLED";
  if (signal === "SIGXCPU") return "TIMEOUT";
  if (signal === "SIGXFSZ") return "DISK_FULL";
  // A full /dev/shm shows as a bus error in whoever touches the page.
  if (signal === "SIGBUS" && /shm|shared memory/i.test(logTail)) return "DISK_FULL";
  return "EXIT_NONZERO";
}

const MAX_QUOTED_LINE = 200;

function matchedLine(rule: LogRule, logTail: string): string {
  const line = logTail.split("\n").findLast((candidate) => rule.pattern.test(candidate)) ?? "";
  const text = line.trim();
  return text.length > MAX_QUOTED_LINE ? `${text.slice(0, MAX_QUOTED_LINE)}…` : text;
}
