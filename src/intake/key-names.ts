import { own } from "../lib/own.ts";
import { closest } from "../lib/suggest.ts";
import { camelCase } from "./camel-case.ts";
import { FIELDS } from "./fields.ts";
import { OF_SCHEDULES, UNSUPPORTED } from "./unsupported.ts";

/** What a key that somebody wrote means. */
export type Meaning =
  | {
      readonly type: "field";
      /** In FIELDS. */
      readonly key: string;
      /** The user's own name under an open field. */
      readonly child?: string;
      /** Of the bare numbers that the spelling stands for. */
      readonly unit?: string;
      /** In the seeds, 0 and the empty text mean: not said. */
      readonly isZeroAbsent?: true;
    }
  | { readonly type: "group"; readonly key: string }
  /** Of a sweep as a whole, which is read before its members. */
  | { readonly type: "sweep"; readonly key: string }
  /** Of the file around a task, in `schedules/`. */
  | { readonly type: "schedule" }
  | { readonly type: "unsupported"; readonly key: string; readonly hint: string }
  | { readonly type: "unknown"; readonly suggestion: string | null };

interface Alias {
  readonly key: string;
  readonly unit?: string;
  readonly isZeroAbsent?: true;
}

const isZeroAbsent = true;

/** Other spellings: the record's own, and those of fetch_ml, rdev, solti and gyoza. */
const ALIASES: Readonly<Record<string, Alias>> = {
  jobName: { key: "name" },
  image: { key: "container.image" },
  "container.command": { key: "command" },
  "container.args": { key: "args" },
  "container.env": { key: "env" },
  "container.pullTimeoutMs": { key: "container.pullTimeout", unit: "ms" },
  "container.shmBytes": { key: "container.shmSize", unit: "B" },
  interpreter: { key: "runtime" },
  at: { key: "notBefore" },
  timeoutMs: { key: "timeout", unit: "ms", isZeroAbsent },
  queueTtlMs: { key: "queueTtl", unit: "ms", isZeroAbsent },
  stopGraceMs: { key: "stopGrace", unit: "ms" },
  "backoff.firstMs": { key: "backoff.first", unit: "ms", isZeroAbsent },
  "backoff.maxMs": { key: "backoff.max", unit: "ms", isZeroAbsent },
  maxRetries: { key: "retries" },
  "retry.maxRetries": { key: "retries" },
  maxAttempts: { key: "retry.maxAttempts" },
  cpu: { key: "cpus", isZeroAbsent },
  gpu: { key: "gpus", isZeroAbsent },
  memoryBytes: { key: "memory", unit: "B", isZeroAbsent },
  memoryGb: { key: "memory", unit: "GB", isZeroAbsent },
  memoryMb: { key: "memory", unit: "MB", isZeroAbsent },
  ramMb: { key: "memory", unit: "MB", isZeroAbsent },
  ramGb: { key: "memory", unit: "GB", isZeroAbsent },
  gpuMemory: { key: "vram", isZeroAbsent },
  gpuMemoryGb: { key: "vram", unit: "GB", isZeroAbsent },
  vramBytes: { key: "vram", unit: "B", isZeroAbsent },
  vramMb: { key: "vram", unit: "MB", isZeroAbsent },
  vramGb: { key: "vram", unit: "GB", isZeroAbsent },
  "limits.mem": { key: "limits.memory", isZeroAbsent },
  "limits.memoryBytes": { key: "limits.memory", unit: "B", isZeroAbsent },
  "limits.memoryMb": { key: "limits.memory", unit: "MB", isZeroAbsent },
  "limits.memoryGb": { key: "limits.memory", unit: "GB", isZeroAbsent },
  "limits.cpu": { key: "limits.cpus", isZeroAbsent },
  "limits.maxPids": { key: "limits.pids", isZeroAbsent },
  "limits.processes": { key: "limits.pids", isZeroAbsent },
  "limits.nofile": { key: "limits.openFiles" },
  "limits.fileSizeBytes": { key: "limits.fileSize", unit: "B", isZeroAbsent },
  "limits.coreBytes": { key: "limits.core", unit: "B" },
  "limits.addressSpaceBytes": { key: "limits.addressSpace", unit: "B", isZeroAbsent },
};

/** Keys that make one document many tasks. */
export const SWEEP_KEYS: readonly string[] = ["matrix", "each", "array", "maxParallel", "maxFailures"];

/** Names of mappings whose keys are fields, and the prefix that their keys have in FIELDS. */
const GROUPS: Readonly<Record<string, string>> = {
  retry: "retry.",
  "retry.backoff": "backoff.",
  backoff: "backoff.",
  logs: "logs.",
  limits: "limits.",
  container: "container.",
  on: "on.",
  resources: "",
  constraints: "",
};

/** `metadata` is fetch_ml's; in the long form it never comes here. */
const OPEN_ALIASES: Readonly<Record<string, string>> = {
  label: "labels",
  annotation: "annotations",
  metadata: "annotations",
};

/** Words that people bring along from elsewhere; too far off to be found as slips. */
const USUAL_SLIPS: Readonly<Record<string, string>> = {
  cmd: "run",
  exec: "run",
  shell: "run",
  workdir: "cwd",
  docker: "container",
  podman: "container",
  volumes: "container.volumes",
  mounts: "container.volumes",
  workingDir: "cwd",
  workingDirectory: "cwd",
  directory: "cwd",
  dir: "cwd",
  mem: "memory",
  ram: "memory",
  environmentVariables: "env",
  notify: "on",
  notifications: "on",
  hooks: "on",
  envFile: "envFrom",
  secrets: "envFrom",
  tags: "labels",
  lane: "slot",
  queue: "slot",
  depends: "after",
  dependsOn: "after",
  dependency: "after",
  dependencies: "after",
  needs: "after",
  gpuType: "gpuModel",
  selector: "runnerSelector",
  delay: "notBefore",
  begin: "notBefore",
  time: "timeout",
  walltime: "timeout",
};

/** Finds what a key means; `typed` holds the keys that lead to it, joined by dots. */
export function meaningOf(typed: string): Meaning {
  const [first = "", ...rest] = typed.split(".");
  const open = own(OPEN_ALIASES, camelCase(first)) ?? camelCase(first);
  if (own(FIELDS, open)?.isOpen)
    return { type: "field", key: open, ...(rest.length > 0 && { child: rest.join(".") }) };
  const key = camelPath(typed);
  const canonical = withoutGroup(key);
  const alias = own(ALIASES, canonical) ?? { key: canonical };
  if (own(FIELDS, alias.key) !== undefined) return { type: "field", ...alias };
  if (own(GROUPS, key) !== undefined) return { type: "group", key };
  if (SWEEP_KEYS.includes(canonical)) return { type: "sweep", key: canonical };
  if (OF_SCHEDULES.has(canonical)) return { type: "schedule" };
  const hint = own(UNSUPPORTED, canonical);
  return hint === undefined
    ? { type: "unknown", suggestion: suggestion(key) }
    : { type: "unsupported", key: canonical, hint };
}

/** True for a key whose mapping is no value but holds fields. */
export function isGroup(typed: string): boolean {
  return own(GROUPS, camelPath(typed)) !== undefined;
}

/** The keys that a group has, as they are written in it. */
export function keysOfGroup(group: string): string[] {
  const prefix = own(GROUPS, group) ?? "";
  if (prefix === "") return ["cpus", "memory", "gpus", "vram", "gpuModel", "gpuMinMemory", "gpuIds"];
  return Object.keys(FIELDS)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
}

function withoutGroup(key: string): string {
  const parts = key.split(".");
  for (let length = parts.length - 1; length > 0; length -= 1) {
    const prefix = own(GROUPS, parts.slice(0, length).join("."));
    if (prefix !== undefined) return `${prefix}${parts.slice(length).join(".")}`;
  }
  return key;
}

function suggestion(key: string): string | null {
  const cut = key.lastIndexOf(".");
  const last = key.slice(cut + 1);
  const elsewhere = Object.keys(FIELDS).find((field) => field.endsWith(`.${last}`));
  if (cut !== -1) {
    const group = key.slice(0, cut);
    if (own(FIELDS, last) !== undefined) return `${last}, not under ${group}`;
    return closest(last, keysOfGroup(group)) ?? elsewhere ?? null;
  }
  const tables = [FIELDS, GROUPS, ALIASES, UNSUPPORTED].flatMap((table) => Object.keys(table));
  const near = closest(
    key,
    [...tables, ...SWEEP_KEYS].filter((name) => !name.includes(".")),
  );
  return own(USUAL_SLIPS, key) ?? elsewhere ?? (near === null ? null : (own(ALIASES, near)?.key ?? near));
}

/** A dotted key in our case; gyoza's `retry_policy` is our `retry`. */
function camelPath(typed: string): string {
  return typed
    .split(".")
    .map(camelCase)
    .join(".")
    .replace(/^retryPolicy(?=\.|$)/, "retry");
}
