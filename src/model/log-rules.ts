import type { FailureCode } from "./failure.ts";

/** Maps the last words of a program to a failure code. */
export interface LogRule {
  /** As recorded. */
  readonly name: string;
  readonly code: FailureCode;
  readonly pattern: RegExp;
  /** These words have other causes too: they count only where a disk that the job writes to is full. */
  readonly needsFullDisk?: true;
}

/**
 * The error messages of programs, the more specific first: of CUDA, cuBLAS, cuDNN, NCCL, PyTorch, JAX and TensorFlow, of the NVIDIA
 * driver, of glibc's strerror(3) and of HTTP clients.
 */
export const LOG_RULES: readonly LogRule[] = [
  {
    name: "log:not-in-image",
    code: "INVALID_SPEC",
    // podman's init exits with 1 where it cannot run the command; docker's exits with 127.
    pattern: /^ERROR \(catatonit:\d+\): failed to exec pid1|^\[FATAL tini \(\d+\)\] exec /,
  },
  {
    name: "log:gpu-oom",
    code: "GPU_OOM",
    // gRPC for Python prints StatusCode.RESOURCE_EXHAUSTED for an exhausted quota.
    pattern:
      /CUDA out of memory|torch(\.cuda)?\.OutOfMemoryError|CUDA error: out of memory|Cuda failure (\d )?'out of memory'|CUBLAS_STATUS_ALLOC_FAILED|cudaErrorMemoryAllocation|CUDA_ERROR_OUT_OF_MEMORY|(?<!StatusCode\.)RESOURCE_EXHAUSTED|OOM when allocating tensor|HIP out of memory/,
  },
  {
    name: "log:gpu-fault",
    code: "GPU_FAULT",
    pattern:
      /fallen off the bus|\bXid \(PCI|\bXid:? \d{1,3}\b|[Uu]ncorrectable ECC|Driver\/library version mismatch|no CUDA-capable device|unhandled system error, NCCL|ncclSystemError/,
  },
  {
    name: "log:gpu-error",
    code: "GPU_ERROR",
    pattern:
      /illegal memory access|unspecified launch failure|misaligned address|CUDNN_STATUS_(INTERNAL_ERROR|EXECUTION_FAILED|NOT_INITIALIZED)|CUBLAS_STATUS_(INTERNAL_ERROR|EXECUTION_FAILED|NOT_INITIALIZED)|cuDNN error: |NCCL error|unhandled cuda error|nccl(UnhandledCuda|Internal|Remote)Error|Watchdog caught collective operation timeout|CUDA_ERROR_(ILLEGAL_ADDRESS|LAUNCH_FAILED)|HSA_STATUS_ERROR/,
  },
  {
    name: "log:killed",
    code: "KILLED",
    // PyTorch's loader and launcher, joblib, Python's subprocess, gcc and make print these about a child process.
    pattern:
      /killed by signal: (Killed|Terminated|Hangup)|Signal 9 \(SIGKILL\)|SIGKILL\(-9\)|died with <Signals\.SIG(KILL|TERM|HUP)|Killed signal terminated program|terminated with signal 9\b|^make(\[\d+\])?: \*\*\* .{0,300} (Killed|Error 137)$/,
  },
  {
    name: "log:disk-full",
    code: "DISK_FULL",
    // ENOSPC alone is not enough: Node reports it for missing file watchers too.
    pattern:
      /[Nn]o space left on device|Disk quota exceeded|insufficient shared memory|out of shared memory|[Bb]us error.{0,80}(shm|shared memory)|database or disk is full/,
  },
  {
    name: "log:write-failed",
    code: "DISK_FULL",
    pattern: /failed writing file|file write failed|unexpected pos \d+ vs \d+|short write/,
    needsFullDisk: true,
  },
  {
    name: "log:host-memory",
    code: "HOST_OOM",
    pattern:
      /(^|[\s._])_?(Array)?MemoryError\b|[Cc]an(no|')t allocate memory|std::bad_alloc|Unable to allocate [\d.]+ [KMGTPE]?i?B\b|memory allocation of \d+ bytes failed|runtime: out of memory|\bENOMEM\b/,
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
      /\b401\b.{0,40}client error|\b403\b.{0,40}(Forbidden|client error)|\bunauthorized\b|invalid api key|AuthenticationError|no api key configured|api_key not configured|GatedRepoError|authentication failed|Permission denied \(publickey|could not read (Username|Password) for|NoCredentialsError|Unable to locate credentials/i,
  },
  {
    name: "log:network",
    code: "NETWORK",
    pattern:
      /Connection (refused|reset|aborted|timed out|closed by)|ECONN(REFUSED|RESET|ABORTED)|ETIMEDOUT|EHOSTUNREACH|No route to host|Temporary failure in name resolution|Name or service not known|Could not resolve host|couldn't connect to|getaddrinfo E(NOTFOUND|AI_AGAIN)|Network is unreachable|Read timed out|(Read|Write|Connect|Pool)Timeout\b|(read|write|connect|handshake) operation timed out|Operation timed out|socket has timed out|socket\.timeout|i\/o timeout|TLS handshake timeout|CommError\b.{0,300}timed out|Max retries exceeded|Remote end closed connection|UNEXPECTED_EOF_WHILE_READING|IncompleteRead|\b5\d\d\b.{0,40}(Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out|server error)|returned error: 5\d\d/i,
  },
  {
    name: "log:busy",
    code: "RESOURCE_BUSY",
    pattern:
      /\bEADDRINUSE\b|[Aa]ddress already in use|database (table )?is locked|unable to lock file|[Cc]ould not get lock|\.lock': File exists|Device or resource busy|Text file busy/,
  },
  {
    name: "log:stale-mount",
    code: "DATA_UNREACHABLE",
    pattern:
      /Stale file handle|Transport endpoint is not connected|Input\/output error|Remote I\/O error|\b(ESTALE|EIO|ENOTCONN):/,
  },
  {
    name: "log:no-module",
    code: "MODULE_NOT_FOUND",
    pattern:
      /^ModuleNotFoundError: |: No module named \S+$|^Error(?: \[\w+\])?: Cannot find (module|package) |^error: Cannot find (module|package) /,
  },
];
