import { withoutComments } from "../lib/shell-text.ts";
import type { Limits } from "../model/limits.ts";
import { CPU_PERIOD_US, cpuQuotaUs } from "./cgroup-texts.ts";
import type { LimitBackend } from "./limit-backend.ts";
import prefixText from "./sh/limit-prefix.sh" with { type: "text" };

const PREFIX = withoutComments(prefixText);

export interface LimitedJob {
  readonly limits: Limits;
  readonly token: string;
  /** Of the attempt. */
  readonly directory: string;
  /** The groups that it joins. */
  readonly groups: readonly string[];
  /** The job's own; variables that only systemd-run needs are removed again. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The words before the program of a job, by which all of it is limited from its first instruction on; empty for no limits. */
export function limitPrefix(job: LimitedJob, backend: LimitBackend): string[] {
  const mode = job.limits.bestEffort === true ? "bestEffort" : "strict";
  const joins = job.groups.flatMap((group) => ["join", group, "its control group"]);
  const own = ["/bin/sh", "-c", PREFIX, "stint", job.directory, mode];
  const processLimits = processLimitsOf(job.limits);
  if (backend.type !== "systemd" || !isScoped(job.limits, backend))
    return joins.length + processLimits.length === 0 ? [] : [...own, ...joins, ...processLimits, "--"];
  const { call, restored } = scopeCall(job, backend);
  return [...call, ...own, ...restored, "watch", "/sys/fs/cgroup", "its scope", ...processLimits, "--"];
}

/** True where the job runs in a systemd scope. */
export function isScoped(limits: Limits, backend: LimitBackend): boolean {
  return backend.type === "systemd" && scopeProperties(limits, backend).length > 0;
}

const BLOCK_BYTES = 512;
const KIB = 1_024;

/** In the units of ulimit (POSIX): blocks of 512 bytes, and KiB for the address space; rounded up. */
function processLimitsOf(limits: Limits): string[] {
  const { openFiles, coreBytes, addressSpaceBytes, fileSizeBytes } = limits;
  const all: [string, number | undefined, string][] = [
    ["n", openFiles, "limits.openFiles"],
    ["c", coreBytes === undefined ? undefined : Math.ceil(coreBytes / BLOCK_BYTES), "limits.core"],
    [
      "v",
      addressSpaceBytes === undefined ? undefined : Math.ceil(addressSpaceBytes / KIB),
      "limits.addressSpace",
    ],
    // Last: under this limit, the prefix could not record a refused one.
    [
      "f",
      fileSizeBytes === undefined ? undefined : Math.ceil(fileSizeBytes / BLOCK_BYTES),
      "limits.fileSize",
    ],
  ];
  return all.flatMap(([flag, value, name]) => (value === undefined ? [] : [flag, String(value), name]));
}

type Systemd = Extract<LimitBackend, { type: "systemd" }>;

function scopeCall(
  { limits, token, environment }: LimitedJob,
  backend: Systemd,
): { call: string[]; restored: string[] } {
  const scope = ["--scope", "--quiet", "--collect", `--unit=stint-${token}.scope`];
  const properties = scopeProperties(limits, backend).flatMap((property) => ["-p", property]);
  const { program, runtimeDirectory } = backend;
  if (runtimeDirectory === null) return { call: [program, ...scope, ...properties, "--"], restored: [] };
  // systemd-run finds the manager by these two, which a job may lack or set to other values.
  const needed = {
    XDG_RUNTIME_DIR: runtimeDirectory,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtimeDirectory}/bus`,
  };
  const changed = Object.entries(needed).filter(([name, value]) => environment[name] !== value);
  const restored: string[] = [];
  const kept: string[] = [];
  for (const [name] of changed) {
    const value = environment[name];
    if (value === undefined) restored.push("unset", name, name);
    else kept.push(`--setenv=${name}=${value}`);
  }
  const carrier =
    changed.length === 0 ? [] : ["/usr/bin/env", ...changed.map(([name, value]) => `${name}=${value}`)];
  return { call: [...carrier, program, "--user", ...scope, ...kept, ...properties, "--"], restored };
}

function scopeProperties({ memoryBytes, cpus, pids }: Limits, { controllers }: Systemd): string[] {
  const properties: string[] = [];
  if (memoryBytes !== undefined && controllers.includes("memory"))
    properties.push(`MemoryMax=${memoryBytes}`, "MemorySwapMax=0");
  if (cpus !== undefined && controllers.includes("cpu"))
    properties.push(`CPUQuota=${(cpuQuotaUs(cpus) / CPU_PERIOD_US) * 100}%`);
  // The watching shell is one more.
  if (pids !== undefined && controllers.includes("pids")) properties.push(`TasksMax=${pids + 1}`);
  return properties;
}
