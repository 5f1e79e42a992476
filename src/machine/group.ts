import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { textOf } from "../lib/file-text.ts";
import type { ControlGroup } from "../model/control-group.ts";
import type { Limits } from "../model/limits.ts";
import { CPU_PERIOD_US, countIn, cpuQuotaUs } from "./cgroup-texts.ts";
import { type Means, SUPERVISOR_LEAF } from "./means.ts";

/** Names the groups of an attempt, before there are any; null where these means make none of ours. */
export function groupFor(means: Means, name: string): ControlGroup | null {
  if (means.type === "v2") {
    const directory = join(means.base, name);
    const memory = means.controllers.includes("memory") ? directory : null;
    return { version: 2, directories: [directory], memory };
  }
  if (means.type !== "v1") return null;
  const { bases } = means;
  // Controllers that are mounted together share a directory.
  const directories = [...new Set(Object.values(bases))].map((base) => join(base, name));
  return { version: 1, directories, memory: bases.memory === undefined ? null : join(bases.memory, name) };
}

interface Setting {
  /** Of the limit, in the task file. */
  readonly name: string;
  readonly file: string;
  readonly value: string;
  /** Not every kernel has it; it only sharpens another. */
  readonly isOptional?: true;
}

/** Makes the groups and sets the limits; gives the names of those that the kernel refused. Throws where it made none. */
export function makeGroup(group: ControlGroup, limits: Limits, means: Means): string[] {
  if (means.type === "v2") prepareBase(means);
  for (const directory of group.directories) mkdirSync(directory);
  const settings = group.version === 2 ? settingsOfVersion2(limits) : settingsOfVersion1(limits);
  const refused = new Set<string>();
  for (const setting of settings) {
    if (!isSet(group, setting) && setting.isOptional !== true) refused.add(setting.name);
  }
  return [...refused];
}

/** Version 2 gives controllers to the children of a group only where it has no processes of its own (cgroups(7)). */
function prepareBase({ base, controllers, isToVacate }: Extract<Means, { type: "v2" }>): void {
  if (isToVacate) {
    mkdirSync(join(base, SUPERVISOR_LEAF), { recursive: true });
    writeFileSync(join(base, SUPERVISOR_LEAF, "cgroup.procs"), "0\n");
  }
  const wanted = controllers.map((name) => `+${name}`).join(" ");
  writeFileSync(join(base, "cgroup.subtree_control"), `${wanted}\n`);
}

function settingsOfVersion2({ memoryBytes, cpus, pids }: Limits): Setting[] {
  const isOptional = true;
  const memory: Setting[] =
    memoryBytes === undefined
      ? []
      : [
          { name: "limits.memory", file: "memory.max", value: String(memoryBytes) },
          { name: "limits.memory", file: "memory.swap.max", value: "0", isOptional },
          // The job dies as a whole: half a trainer hangs.
          { name: "limits.memory", file: "memory.oom.group", value: "1", isOptional },
        ];
  return [
    ...memory,
    ...(cpus === undefined
      ? []
      : [{ name: "limits.cpus", file: "cpu.max", value: `${cpuQuotaUs(cpus)} ${CPU_PERIOD_US}` }]),
    ...(pids === undefined ? [] : [{ name: "limits.pids", file: "pids.max", value: String(pids) }]),
  ];
}

function settingsOfVersion1({ memoryBytes, cpus, pids }: Limits): Setting[] {
  const memory: Setting[] =
    memoryBytes === undefined
      ? []
      : [
          { name: "limits.memory", file: "memory.limit_in_bytes", value: String(memoryBytes) },
          // Memory and swap together; absent where the kernel does not count swap.
          {
            name: "limits.memory",
            file: "memory.memsw.limit_in_bytes",
            value: String(memoryBytes),
            isOptional: true,
          },
        ];
  const cpu: Setting[] =
    cpus === undefined
      ? []
      : [
          { name: "limits.cpus", file: "cpu.cfs_period_us", value: String(CPU_PERIOD_US) },
          { name: "limits.cpus", file: "cpu.cfs_quota_us", value: String(cpuQuotaUs(cpus)) },
        ];
  return [
    ...memory,
    ...cpu,
    ...(pids === undefined ? [] : [{ name: "limits.pids", file: "pids.max", value: String(pids) }]),
  ];
}

/** Each file is there in the hierarchy of its controller alone. */
function isSet({ directories }: ControlGroup, { file, value }: Setting): boolean {
  return directories.some((directory) => {
    try {
      // Not made where it is missing: on a real hierarchy nothing can be.
      writeFileSync(join(directory, file), `${value}\n`, { flag: "r+" });
      return true;
    } catch {
      return false;
    }
  });
}

/** A charge of several pages fails below the limit. */
const SLACK_BYTES = 65_536;

/** What a group counted, in the words of memory.events; `oom` are the times that it met its own limit. */
export function countsOf({ version, memory }: ControlGroup): string | null {
  if (memory === null) return null;
  const read = (file: string): string => textOf(join(memory, file)) ?? "";
  if (version === 2) {
    const events = textOf(join(memory, "memory.events"));
    return events === null ? null : `${events}peak ${read("memory.peak").trim() || 0}\n`;
  }
  const control = textOf(join(memory, "memory.oom_control"));
  if (control === null) return null;
  const peak = Number(read("memory.max_usage_in_bytes"));
  // With one on swap too, that limit is met first, and Linux 6.18 counts no failures of it (tried): the peak tells.
  const isAtLimit = peak + SLACK_BYTES >= Number(read("memory.limit_in_bytes") || Number.POSITIVE_INFINITY);
  const oom = Math.max(Number(read("memory.failcnt")), isAtLimit ? 1 : 0);
  return `oom ${oom}\noom_kill ${countIn(control, "oom_kill")}\npeak ${peak}\n`;
}

/** How the memory of a job went. */
export interface MemoryEnd {
  readonly oomKilled: boolean;
  readonly peakBytes: number | null;
}

/**
 * Reads what was counted. The kernel counts a kill for a lack of memory outside the group, too (cgroup-v2.rst,
 * memory.events): only with a limit that was met is it the job's own fault.
 */
export function memoryEnd(counts: string): MemoryEnd {
  const peak = countIn(counts, "peak");
  return {
    oomKilled: countIn(counts, "oom_kill") > 0 && countIn(counts, "oom") > 0,
    peakBytes: peak > 0 ? peak : null,
  };
}

/** Removes the groups with those that the job made below them; false while the kernel still holds one. */
export function removeGroup(directories: readonly string[]): boolean {
  return directories.map(removeDirectory).every(Boolean);
}

function removeDirectory(directory: string): boolean {
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) removeDirectory(join(directory, entry.name));
    }
    rmdirSync(directory);
    return true;
  } catch (error) {
    return errnoOf(error) === "ENOENT";
  }
}

/** Removes groups that nobody answers for: those whose name begins with `prefix` and is not among `kept`. */
export function sweepGroups(
  means: Means,
  { prefix, kept, tops = [] }: { prefix: string; kept: ReadonlySet<string>; tops?: readonly string[] },
): string[] {
  const bases = means.type === "v2" ? [means.base] : means.type === "v1" ? Object.values(means.bases) : [];
  return [...new Set([...bases, ...tops])].flatMap((base) =>
    namesIn(base)
      .filter((name) => name.startsWith(prefix) && !kept.has(name))
      .map((name) => join(base, name))
      // One with processes in it stays: rmdir takes empty groups alone.
      .filter(removeDirectory),
  );
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
