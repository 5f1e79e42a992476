import { describe, expect, test } from "bun:test";
import { classify } from "../../src/model/classify.ts";
import { cpuMsOf } from "../rig/cpu-time.ts";
import { exited } from "../rig/tasks.ts";

/** What a job that ends with exit code 1 and this log is taken for. */
function codeOf(logTail: string): string {
  const verdict = classify({ ending: exited(1), stop: null, oomKilled: false, logTail }, true);
  return "failure" in verdict ? verdict.failure.code : verdict.type;
}

const TRACEBACK = `Traceback (most recent call last):
  File "/home/ada/train.py", line 88, in <module>
    main()
  File "/home/ada/train.py", line 61, in main
    loss = model(batch).loss
`;

/** As the programs print them. */
const TEXTS = {
  GPU_OOM: {
    "PyTorch 2.5": `${TRACEBACK}torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.34 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.02 GiB is free. Including non-PyTorch memory, this process has 22.61 GiB memory in use.`,
    "PyTorch 1.13": `${TRACEBACK}torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 7.79 GiB total capacity)`,
    "PyTorch 1.7": `${TRACEBACK}RuntimeError: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 7.79 GiB total capacity)`,
    "a CUDA call": `${TRACEBACK}RuntimeError: CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some other API call`,
    cuBLAS: `${TRACEBACK}RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling \`cublasCreate(handle)\``,
    "the runtime API": "GPUassert: cudaErrorMemoryAllocation out of memory kernel.cu 41",
    "the driver API":
      "numba.cuda.cudadrv.driver.CudaAPIError: [2] Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY",
    JAX: "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 17179869184 bytes.",
    "TensorFlow's log":
      "OP_REQUIRES failed at conv_ops.cc:684 : RESOURCE_EXHAUSTED: OOM when allocating tensor with shape[64,256,56,56]",
    "TensorFlow's exception":
      "tensorflow.python.framework.errors_impl.ResourceExhaustedError: OOM when allocating tensor with shape[512,1024] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc",
    ROCm: "torch.OutOfMemoryError: HIP out of memory. Tried to allocate 32.00 GiB.",
  },
  GPU_FAULT: {
    "a lost GPU":
      "NVRM: Xid (PCI:0000:41:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
    "an Xid":
      "[ 812.123] NVRM: Xid (PCI:0000:01:00): 31, pid=2211, name=python, Ch 00000008, intr 00000000. MMU Fault",
    ECC: `${TRACEBACK}RuntimeError: CUDA error: uncorrectable ECC error encountered`,
    "a driver that was updated":
      "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.54",
    "no device": "RuntimeError: CUDA error: no CUDA-capable device is detected",
    NCCL: "torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:1970, unhandled system error, NCCL version 2.20.5\nncclSystemError: System call (e.g. socket, malloc) or external library call failed or device error.",
  },
  DISK_FULL: {
    Python: `${TRACEBACK}OSError: [Errno 28] No space left on device: '/data/ckpt/last.pt'`,
    "a tool": "cp: error writing '/scratch/x': No space left on device",
    "a quota": "cp: error writing '/home/ada/x': Disk quota exceeded",
    Node: "Error: ENOSPC: no space left on device, write",
    "a full /dev/shm":
      "ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).\nRuntimeError: DataLoader worker (pid 311) exited unexpectedly",
  },
  HOST_OOM: {
    "Python's own memory": `${TRACEBACK}MemoryError: Unable to allocate 29.8 GiB for an array`,
    glibc: "git: fatal: write error: Cannot allocate memory",
    Rust: "memory allocation of 34359738368 bytes failed",
  },
  RESOURCE_BUSY: {
    nginx: "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
    HDF5: `${TRACEBACK}BlockingIOError: [Errno 11] Unable to open file (unable to lock file, errno = 11, error message = 'Resource temporarily unavailable')`,
    git: "fatal: Unable to create '/home/ada/x/.git/index.lock': File exists.",
    apt: "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4242 (apt)",
  },
  DATA_MISMATCH: {
    "a download": "RuntimeError: invalid hash value; hash mismatch for resnet50.tar (expected 0676ba61)",
    "an archive": "ERROR: Checksum mismatch in shard-00017.tar",
  },
  RATE_LIMITED: {
    requests:
      "requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url: https://huggingface.co/api/models",
    urllib: "urllib.error.HTTPError: HTTP Error 429: Too Many Requests",
    "a client library":
      "openai.RateLimitError: Error code: 429 - {'error': {'message': 'Rate limit reached for gpt-4o'}}",
    curl: "curl: (22) The requested URL returned error: 429",
    axios: "AxiosError: Request failed with status code 429",
    "a quota of requests":
      "google.api_core.exceptions.ResourceExhausted: 429 Quota exceeded for quota metric 'Read requests'",
    GitHub: "API rate limit exceeded for 203.0.113.7.",
  },
  AUTH_FAILED: {
    requests:
      "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://huggingface.co/api/whoami-v2",
    forbidden: "urllib.error.HTTPError: HTTP Error 403: Forbidden",
    "a client library":
      "openai.AuthenticationError: Error code: 401 - {'error': {'message': 'Incorrect API key provided'}}",
    "a key": "wandb: ERROR Invalid API key",
    "a registry": "Error response from daemon: unauthorized: authentication required",
  },
  NETWORK: {
    Python: `${TRACEBACK}ConnectionRefusedError: [Errno 111] Connection refused`,
    "a reset":
      "requests.exceptions.ConnectionError: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
    glibc: "socket.gaierror: [Errno -3] Temporary failure in name resolution",
    ssh: "ssh: Could not resolve hostname gpu7: Name or service not known",
    curl: "curl: (6) Could not resolve host: example.org",
    Node: "Error: connect ECONNREFUSED 127.0.0.1:5432",
    "Node's resolver": "Error: getaddrinfo ENOTFOUND registry.npmjs.org",
    "Node's resolver, for the moment": "Error: getaddrinfo EAI_AGAIN registry.npmjs.org",
    "a server's error":
      "requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://example.org",
    "a gateway": "urllib.error.HTTPError: HTTP Error 502: Bad Gateway",
    "an internal error": "urllib.error.HTTPError: HTTP Error 500: Internal Server Error",
    "curl's own words": "curl: (22) The requested URL returned error: 504",
  },
} as const;

/** What looks like one of the above to a careless eye. */
const NOTHING_OF_THE_KIND = {
  "a plain traceback": `${TRACEBACK}ValueError: expected 4 channels, got 3`,
  "an assertion": `${TRACEBACK}AssertionError`,
  "a panic":
    "thread 'main' panicked at src/main.rs:4:5:\nindex out of bounds: the len is 3 but the index is 7",
  "a step that is called 429": `epoch 3 step 429 train error 0.031\n${TRACEBACK}ValueError: bad`,
  "an error of 429": `val error: 429.25\n${TRACEBACK}ValueError: bad`,
  "a loss of 1.429": `loss 1.429 error 0.2 client 3\n${TRACEBACK}ValueError: bad`,
  "a learning rate that is limited": `lr scheduler: learning rate limited to 1e-5\n${TRACEBACK}ValueError: bad`,
  "a step that is called 503": `step 503/1000: lr 3e-4, error 0.2\n${TRACEBACK}ValueError: bad`,
  "a sample that is called 401": `image 401 of 403 is broken\n${TRACEBACK}ValueError: bad`,
  "a word about memory": "warning: CUDA memory is almost full\nout of ideas",
  "a limit of file watchers":
    "Error: ENOSPC: System limit for number of file watchers reached, watch '/home/ada/src'",
  "the id of a database transaction": "DETAIL: transaction Xid 1234567 was aborted",
  "a service's own limit": 'status = StatusCode.RESOURCE_EXHAUSTED\n\tdetails = "try another model"',
  "an error of 429 at the end": `train error 0.2 at step 429\n${TRACEBACK}ValueError: bad`,
  "hashes that are fine": "checking hashes: 12 of 12 match",
  "a name with a code in it": "cannot open shard_404_502_429.tar",
  nothing: "",
} as const;

const rows = Object.entries(TEXTS).flatMap(([code, texts]) =>
  Object.entries(texts).map(([who, text]) => [code, who, text] as const),
);

describe("classify() by the log", () => {
  test.each(rows)("finds %s in the words of %s", (code, _who, text) => {
    expect(codeOf(text)).toBe(code);
    // Other output around it changes nothing.
    expect(codeOf(`epoch 1\n${text}\nbye\n`)).toBe(code);
  });

  test.each(Object.entries(NOTHING_OF_THE_KIND))("finds nothing in %s", (_what, text) => {
    expect(codeOf(text)).toBe("EXIT_NONZERO");
  });

  test("takes little CPU time on a hostile log", () => {
    const hostile = [
      "429 ".repeat(2_000),
      "Xid ".repeat(2_000),
      "CommError ".repeat(800),
      "rate limit ".repeat(750),
      "503 ".repeat(2_000),
    ].join("\n");
    const tookMs = cpuMsOf(() => expect(codeOf(hostile)).toBe("EXIT_NONZERO"));
    expect(tookMs).toBeLessThan(500);
  });
});
