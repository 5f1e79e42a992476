import { own } from "../lib/own.ts";
import { RUNTIMES } from "../model/kind.ts";
import { inYamlQuotes } from "./slips/line.ts";
import type { Value } from "./value.ts";

/** What is meant by a key of another tool: a key with the same value, or both. */
export interface MeantKey {
  readonly key: string;
  /** The value in the form of that key; absent where it is the same. */
  readonly value?: string;
}

type Meant = string | ((value: Value) => MeantKey | string);

/** A number whose unit is in the name of its key. */
function inUnit(key: string, unit: string): Meant {
  return ({ type, ...value }) =>
    type === "scalar" && "data" in value && typeof value.data === "number"
      ? { key, value: `${value.data}${unit}` }
      : key;
}

function asText(value: Value, form: (text: string) => string, key: string): MeantKey | string {
  if (value.type !== "scalar" || value.text === "" || value.text.includes("\n")) return key;
  return { key, value: form(/^[\w./][\w ./-]*$/.test(value.text) ? value.text : inYamlQuotes(value.text)) };
}

const note =
  (name: string): Meant =>
  (value) =>
    asText(value, (text) => `{${name}: ${text}}`, "annotations");

/** Words of other queues and tools, too different to be suggested by their spelling; folded as `folded` does. */
const OTHERS: Readonly<Record<string, Meant>> = {
  cmd: "run",
  exec: "run",
  execstart: "run",
  commands: ({ type }) => (type === "scalar" ? "run" : "command"),
  entrypoint: "command",
  shell: (value) =>
    value.type === "scalar" && RUNTIMES.some((name) => name === value.text) ? "runtime" : "run",
  workdir: "cwd",
  workingdir: "cwd",
  workingdirectory: "cwd",
  directory: "cwd",
  dir: "cwd",
  docker: (value) => (value.type === "scalar" ? "image" : "container"),
  podman: (value) => (value.type === "scalar" ? "image" : "container"),
  volumes: "container.volumes",
  mounts: "container.volumes",
  mem: "memory",
  ram: "memory",
  mempercpu: "memory",
  memorylimit: "limits.memory",
  cores: "cpus",
  ncpus: "cpus",
  vcpus: "cpus",
  threads: "cpus",
  ngpus: "gpus",
  numgpus: "gpus",
  gputype: "gpuModel",
  environmentvariables: "env",
  variables: "env",
  envfile: (value) => asText(value, (text) => `{file: ${text}}`, "envFrom"),
  secrets: "envFrom",
  notifications: "notify",
  hooks: "notify",
  onfailure: "notify.failure",
  onsuccess: "notify.success",
  // YAML 1.1 reads `on` as true.
  true: "notify",
  tags: "labels",
  description: note("description"),
  desc: note("description"),
  comment: note("comment"),
  note: note("note"),
  title: note("title"),
  summary: note("summary"),
  prio: "priority",
  lane: "slot",
  queue: "slot",
  concurrencygroup: "slot",
  depends: "after",
  dependson: "after",
  dependency: "after",
  dependencies: "after",
  needs: "after",
  selector: "runnerSelector",
  delay: "notBefore",
  begin: "notBefore",
  time: "timeout",
  walltime: "timeout",
  timelimit: "timeout",
  timeoutms: inUnit("timeout", "ms"),
  timeoutsec: inUnit("timeout", "s"),
  timeoutseconds: inUnit("timeout", "s"),
  timeoutmin: inUnit("timeout", "m"),
  timeoutminutes: inUnit("timeout", "m"),
  timeouthours: inUnit("timeout", "h"),
  activedeadlineseconds: inUnit("timeout", "s"),
  backofflimit: "retries",
  retrydelay: inUnit("backoff.first", "s"),
  continueonerror: (value) =>
    value.type === "scalar" && typeof value.data === "boolean"
      ? { key: "failOnNonZero", value: String(!value.data) }
      : "failOnNonZero",
};

/** What is meant by a key with its value; null for a word that no other tool has. */
export function meantKey(typed: string, value: Value | null): MeantKey | null {
  const meant = own(OTHERS, folded(typed));
  const found = typeof meant === "function" ? meant(value ?? NOTHING) : meant;
  return typeof found === "string" ? { key: found } : (found ?? null);
}

const NOTHING: Value = { type: "mapping", entries: [], path: "", span: { start: 0, end: 0 } };

/** `working-directory`, `WorkingDirectory` and `working_directory` are the same word. */
function folded(typed: string): string {
  return typed.replaceAll(/[-_ ]/g, "").toLowerCase();
}
