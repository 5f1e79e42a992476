import { ARTIFACT_KEYS } from "./artifact-key-cases.ts";
import { CONTAINER_KEYS } from "./container-cases.ts";
import { DATA_KEYS } from "./data-key-cases.ts";
import { EVENT_KEYS } from "./event-key-cases.ts";
import { JOB_DATA_KEYS } from "./job-data-key-cases.ts";
import { LIMIT_KEYS } from "./limit-key-cases.ts";
import { NOTICE_KEYS } from "./notice-key-cases.ts";
import { SERVICE_KEYS } from "./service-key-cases.ts";
import { SLURM_KEYS } from "./slurm-key-cases.ts";
import { TRACKING_KEYS } from "./tracking-key-cases.ts";

const KIND = ["spec", "kind"];
const RETRY = ["spec", "retry"];

/** Each key: a way to write it, and what it makes of a draft. Keys without a program get `run: work`. */
export const KEYS: Record<string, { text: string; at: readonly string[]; value: unknown }[]> = {
  name: [{ text: "name: train.1_a-b", at: ["name"], value: "train.1_a-b" }],
  run: [
    {
      text: "run: a | b",
      at: [...KIND, "mode"],
      value: { type: "script", runtime: "sh", body: "a | b", args: [] },
    },
  ],
  command: [
    {
      text: "command: [a, 5, -x]",
      at: [...KIND, "mode"],
      value: { type: "command", command: "a", args: ["5", "-x"] },
    },
    {
      text: "command: nvidia-smi",
      at: [...KIND, "mode"],
      value: { type: "command", command: "nvidia-smi", args: [] },
    },
  ],
  args: [
    { text: "command: [a]\nargs: [b, 1.0]", at: [...KIND, "mode", "args"], value: ["b", "1.0"] },
    { text: 'command: a\nargs: b "c d"', at: [...KIND, "mode", "args"], value: ["b", "c d"] },
  ],
  script: [
    {
      text: "script: |\n  a\n  b\n",
      at: [...KIND, "mode"],
      value: { type: "script", runtime: "sh", body: "a\nb\n", args: [] },
    },
  ],
  runtime: [
    { text: "script: a\nruntime: python", at: [...KIND, "mode", "runtime"], value: "python" },
    {
      text: "script: a\nruntime: {command: perl, flag: -w}",
      at: [...KIND, "mode", "runtime"],
      value: { command: "perl", flag: "-w" },
    },
  ],
  cwd: [
    { text: "cwd: /a/b", at: [...KIND, "cwd"], value: "/a/b" },
    { text: "cwd: ~/vision", at: [...KIND, "cwd"], value: "/home/ada/vision" },
    { text: "cwd: ~", at: [...KIND, "cwd"], value: "/home/ada" },
    { text: "cwd: ../x", at: [...KIND, "cwd"], value: "/x" },
    { text: "hold: false", at: [...KIND, "cwd"], value: "/work" },
  ],
  env: [
    {
      text: 'env: {A: 1.0, B: "", C: true, D: 0123}',
      at: [...KIND, "env"],
      value: { A: "1.0", B: "", C: "true", D: "0123" },
    },
  ],
  environment: [
    { text: "environment: clear", at: [...KIND, "environment"], value: { policy: "clear" } },
    { text: "environment: inherit", at: [...KIND, "environment"], value: { policy: "inherit" } },
    {
      text: "environment: [PATH, HOME]",
      at: [...KIND, "environment"],
      value: { policy: "allowlist", names: ["PATH", "HOME"] },
    },
    {
      text: "environment: {allowlist: [A]}",
      at: [...KIND, "environment"],
      value: { policy: "allowlist", names: ["A"] },
    },
    {
      text: "environment: {policy: allowlist, names: [A]}",
      at: [...KIND, "environment"],
      value: { policy: "allowlist", names: ["A"] },
    },
  ],
  code: [
    { text: "code: Snapshot", at: ["spec", "code"], value: { mode: "snapshot" } },
    { text: "code: none", at: ["spec", "code"], value: { mode: "none" } },
    {
      text: "code: {mode: snapshot, link: [data, out/cache]}",
      at: ["spec", "code"],
      value: { mode: "snapshot", link: ["data", "out/cache"] },
    },
    {
      text: "code: {mode: snapshot, link: data}",
      at: ["spec", "code"],
      value: { mode: "snapshot", link: ["data"] },
    },
  ],
  umask: [
    { text: "umask: 022", at: [...KIND, "umask"], value: "022" },
    { text: 'umask: "0077"', at: [...KIND, "umask"], value: "0077" },
  ],
  failOnNonZero: [{ text: "failOnNonZero: false", at: [...KIND, "failOnNonZero"], value: false }],
  timeout: [{ text: "timeout: 1h30m", at: ["spec", "timeoutMs"], value: 5_400_000 }],
  queueTtl: [{ text: "queueTtl: 2d", at: ["spec", "queueTtlMs"], value: 172_800_000 }],
  retries: [
    { text: "retries: 2", at: [...RETRY, "maxAttempts"], value: 3 },
    { text: "retries: 2", at: [...RETRY, "scope"], value: "any" },
    { text: "retries: 0", at: [...RETRY, "maxAttempts"], value: 1 },
  ],
  "retry.maxAttempts": [
    { text: "retry: {maxAttempts: 5}", at: [...RETRY, "maxAttempts"], value: 5 },
    { text: "retry: {maxAttempts: 5}", at: [...RETRY, "scope"], value: "any" },
  ],
  "retry.scope": [
    { text: "retry: {maxAttempts: 5, scope: transient}", at: [...RETRY, "scope"], value: "transient" },
    { text: "retry: {scope: any}", at: [...RETRY, "maxAttempts"], value: 4 },
  ],
  "retry.on": [
    { text: "retry: {on: [gpu-oom, resource]}", at: [...RETRY, "on"], value: ["GPU_OOM", "resource"] },
    { text: "retry: {on: TIMEOUT}", at: [...RETRY, "on"], value: ["TIMEOUT"] },
    { text: "retry: {on: TIMEOUT}", at: [...RETRY, "scope"], value: "transient" },
    { text: "retry: {on: [job]}", at: [...RETRY, "on"], value: ["code"] },
    { text: "retry: {on: [code, Job]}", at: [...RETRY, "on"], value: ["code", "code"] },
  ],
  "retry.onExit": [{ text: "retry: {onExit: [3, 255]}", at: [...RETRY, "onExit"], value: [3, 255] }],
  "retry.never": [{ text: "retry: {never: [data]}", at: [...RETRY, "never"], value: ["data"] }],
  "retry.onTimeout": [{ text: "retry: {onTimeout: true}", at: [...RETRY, "onTimeout"], value: true }],
  "retry.onCode": [{ text: "retry: {onCode: true}", at: [...RETRY, "onCode"], value: true }],
  "retry.onOrphan": [{ text: "retry: {onOrphan: never}", at: [...RETRY, "onOrphan"], value: "never" }],
  "retry.maxOrphans": [{ text: "retry: {maxOrphans: 0}", at: [...RETRY, "maxOrphans"], value: 0 }],
  "retry.perClass": [
    {
      text: "retry: {perClass: {GPU_OOM: {maxAttempts: 3}, data: {backoff: {first: 1m, jitter: none}}}}",
      at: [...RETRY, "perClass"],
      value: {
        GPU_OOM: { maxAttempts: 3 },
        data: { backoff: { firstMs: 60_000, maxMs: 60_000, factor: 2, jitter: "none" } },
      },
    },
  ],
  "backoff.first": [
    {
      text: "backoff: {first: 5s}",
      at: ["spec", "backoff"],
      value: { firstMs: 5_000, maxMs: 30_000, factor: 2, jitter: "full" },
    },
    {
      text: "backoff: {first: 5m}",
      at: ["spec", "backoff"],
      value: { firstMs: 300_000, maxMs: 300_000, factor: 2, jitter: "full" },
    },
    { text: "retry: {backoff: {first: 5s}}", at: ["spec", "backoff", "firstMs"], value: 5_000 },
  ],
  "backoff.max": [
    {
      text: "backoff: {max: 100ms}",
      at: ["spec", "backoff"],
      value: { firstMs: 100, maxMs: 100, factor: 2, jitter: "full" },
    },
  ],
  "backoff.factor": [{ text: "backoff: {factor: 1.5}", at: ["spec", "backoff", "factor"], value: 1.5 }],
  "backoff.jitter": [{ text: "backoff: {jitter: Equal}", at: ["spec", "backoff", "jitter"], value: "equal" }],
  restart: [
    { text: "restart: never", at: ["spec", "restart"], value: { policy: "never" } },
    { text: "restart: on_failure", at: ["spec", "restart"], value: { policy: "onFailure" } },
    { text: "restart: always", at: ["spec", "restart"], value: { policy: "always", intervalMs: 1_000 } },
    {
      text: "restart: always:10m",
      at: ["spec", "restart"],
      value: { policy: "always", intervalMs: 600_000 },
    },
    {
      text: "restart: {policy: always, interval: 1h}",
      at: ["spec", "restart"],
      value: { policy: "always", intervalMs: 3_600_000 },
    },
    { text: "restart: {policy: never}", at: ["spec", "restart"], value: { policy: "never" } },
  ],
  priority: [{ text: "priority: 1000", at: ["spec", "priority"], value: 1_000 }],
  cpus: [
    { text: "cpus: 4", at: ["spec", "resources"], value: { cpus: 4 } },
    {
      text: "resources: {cpus: 4, memory: 1GB}",
      at: ["spec", "resources"],
      value: { cpus: 4, memoryBytes: 1e9 },
    },
  ],
  memory: [{ text: "memory: 8GiB", at: ["spec", "resources"], value: { memoryBytes: 8 * 2 ** 30 } }],
  gpus: [{ text: "gpus: 0", at: ["spec", "resources"], value: { gpus: 0 } }],
  vram: [{ text: "vram: 20GB", at: ["spec", "resources"], value: { vramBytes: 2e10 } }],
  gpuModel: [{ text: "gpuModel: A100", at: ["spec", "resources"], value: { gpuModel: "A100" } }],
  gpuMinMemory: [
    { text: "gpuMinMemory: 40GiB", at: ["spec", "resources"], value: { gpuMemoryBytes: 40 * 2 ** 30 } },
  ],
  gpuIds: [
    { text: "gpuIds: [0, GPU-5a]", at: ["spec", "resources", "gpuIds"], value: ["0", "GPU-5a"] },
    { text: "gpuIds: 0, 3", at: ["spec", "resources", "gpuIds"], value: ["0", "3"] },
  ],
  slot: [{ text: "slot: 007.train_a-b", at: ["spec", "slot"], value: "007.train_a-b" }],
  admission: [
    { text: "slot: a\nadmission: replace", at: ["spec", "admission"], value: "replace" },
    { text: "slot: a\nadmission: drop-if-running", at: ["spec", "admission"], value: "dropIfRunning" },
  ],
  unique: [{ text: "unique: nightly-backup", at: ["spec", "unique"], value: "nightly-backup" }],
  key: [{ text: "key: xsum/kl/seed=3", at: ["spec", "key"], value: "xsum/kl/seed=3" }],
  rerun: [{ text: "key: a\nrerun: true", at: ["spec", "rerun"], value: true }],
  reuse: [{ text: "reuse: true", at: ["spec", "reuse"], value: true }],
  after: [
    {
      text: "after: [prepare, 12, 000007-fit]",
      at: ["parents"],
      value: [
        { reference: "prepare", when: "success" },
        { reference: "12", when: "success" },
        { reference: "000007-fit", when: "success" },
      ],
    },
  ],
  afterOneOf: [
    { text: "afterOneOf: a", at: ["parents"], value: [{ reference: "a", when: "oneOf" }] },
    {
      text: "after: {allOf: p, anyOf: [a, 7]}",
      at: ["parents"],
      value: [
        { reference: "p", when: "success" },
        { reference: "a", when: "oneOf" },
        { reference: "7", when: "oneOf" },
      ],
    },
  ],
  afterAny: [{ text: "afterAny: a", at: ["parents"], value: [{ reference: "a", when: "any" }] }],
  afterFailed: [
    {
      text: "afterFailed: a, b",
      at: ["parents"],
      value: [
        { reference: "a", when: "failure" },
        { reference: "b", when: "failure" },
      ],
    },
  ],
  onParentFailure: [{ text: "onParentFailure: cancel", at: ["spec", "onParentFailure"], value: "cancel" }],
  runnerSelector: [
    {
      text: "runnerSelector: {pool: night}",
      at: ["spec", "runnerSelector"],
      value: [{ key: "pool", operator: "In", values: ["night"] }],
    },
  ],
  ...NOTICE_KEYS,
  hold: [{ text: "hold: true", at: ["spec", "hold"], value: true }],
  notBefore: [
    {
      text: "notBefore: 2026-06-01T03:00:00+02:00",
      at: ["spec", "notBefore"],
      value: "2026-06-01T01:00:00.000Z",
    },
    { text: "at: 90m", at: ["spec", "notBefore"], value: "2026-05-01T13:30:00.000Z" },
  ],
  "stop.first": [
    { text: "stop: {first: group}", at: ["spec", "stop", "first"], value: "group" },
    { text: "stop.first: Main", at: ["spec", "stop", "first"], value: "main" },
  ],
  "stop.signal": [
    { text: "stop: {signal: int}", at: ["spec", "stop", "signal"], value: "INT" },
    { text: "stop: {signal: SIGUSR1}", at: ["spec", "stop", "signal"], value: "USR1" },
  ],
  "stop.grace": [
    { text: "stop: {grace: 5s}", at: ["spec", "stopGraceMs"], value: 5_000 },
    { text: "stopGrace: 0s", at: ["spec", "stopGraceMs"], value: 0 },
    { text: "stopGrace: 2m", at: ["spec", "stopGraceMs"], value: 120_000 },
  ],
  ...ARTIFACT_KEYS,
  logs: [
    { text: "logs: separate", at: ["spec", "logs", "separate"], value: true },
    { text: "logs: together", at: ["spec", "logs", "separate"], value: false },
  ],
  "logs.separate": [{ text: "logs: {separate: true}", at: ["spec", "logs", "separate"], value: true }],
  "logs.maxBytes": [{ text: "logs: {maxBytes: 1MiB}", at: ["spec", "logs", "maxBytes"], value: 2 ** 20 }],
  ...LIMIT_KEYS,
  labels: [
    { text: "labels: {paper: fig3, run: 007}", at: ["labels"], value: { paper: "fig3", run: "007" } },
    { text: "labels.a.b: x", at: ["labels"], value: { "a.b": "x" } },
  ],
  annotations: [
    { text: "annotations: {note: long text}", at: ["annotations"], value: { note: "long text" } },
  ],
  ...JOB_DATA_KEYS,
  ...SERVICE_KEYS,
  ...SLURM_KEYS,
  ...TRACKING_KEYS,
  ...CONTAINER_KEYS,
  ...DATA_KEYS,
  ...EVENT_KEYS,
};
