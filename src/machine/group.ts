import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { textOf } from "../lib/file-text.ts";
import type { ControlGroup } from "../model/control-group.ts";
import type { Limits } from "../model/limits.ts";
import {
  CPU_PERIOD_US,
  cgroupMountsIn,
  cpuQuotaUs,
  keyedCount,
  type Mount,
  type Setting,
} from "./cgroup-texts.ts";
import { basesOfV1, countsOfV1, engineGroupOfV1, groupOfV1, settingsOfV1 } from "./cgroup-v1.ts";
import { jobGroupBase, type LimitBackend, SUPERVISOR_LEAF } from "./limit-backend.ts";

/** Names the groups of an attempt, before there are any; null where these means make none of ours. */
export function groupFor(backend: LimitBackend, name: string): ControlGroup | null {
  if (backend.type === "v2") {
    const directory = join(backend.base, name);
    const memory = backend.controllers.includes("memory") ? directory : null;
    return { version: 2, directories: [directory], memory };
  }
  return backend.type === "v1" ? groupOfV1(backend, name) : null;
}

/** A group under which an engine is told to put a container's own. */
export interface EngineGroup {
  readonly group: ControlGroup;
  /** From the top of each hierarchy, as `--cgroup-parent` takes it. */
  readonly parent: string;
}

/** Names the group for a container, before there is one; null where these means make none. */
export function engineGroupFor(backend: LimitBackend, name: string): EngineGroup | null {
  const mounts = mountsHere();
  if (backend.type === "v1") {
    const group = engineGroupOfV1(mounts, name);
    return group === null ? null : { group, parent: `/${name}` };
  }
  const group = groupFor(backend, name);
  const [directory] = group?.directories ?? [];
  const mount = mounts.find(({ version, point }) => version === 2 && directory?.startsWith(`${point}/`));
  if (group === null || directory === undefined || mount === undefined) return null;
  return { group, parent: directory.slice(mount.point.length) };
}

function mountsHere(): Mount[] {
  return cgroupMountsIn(textOf("/proc/self/mountinfo") ?? "").filter(({ point }) => existsSync(point));
}

/** Makes the groups and sets the limits; gives the names of those that the kernel refused. Throws where it made none. */
export function makeGroup(group: ControlGroup, limits: Limits, backend: LimitBackend): string[] {
  if (backend.type === "v2") prepareBase(backend);
  for (const directory of group.directories) mkdirSync(directory);
  const settings = group.version === 1 ? settingsOfV1(limits) : settingsOf(limits);
  const refused = new Set<string>();
  for (const setting of settings) {
    if (!isSet(group, setting) && setting.isOptional !== true) refused.add(setting.name);
  }
  return [...refused];
}

/** Version 2 gives controllers to the children of a group only where it has no processes of its own (cgroups(7)). */
function prepareBase({ base, controllers, isToVacate }: Extract<LimitBackend, { type: "v2" }>): void {
  if (isToVacate) {
    mkdirSync(join(base, SUPERVISOR_LEAF), { recursive: true });
    writeFileSync(join(base, SUPERVISOR_LEAF, "cgroup.procs"), "0\n");
  }
  const wanted = controllers.map((name) => `+${name}`).join(" ");
  writeFileSync(join(base, "cgroup.subtree_control"), `${wanted}\n`);
}

function settingsOf({ memoryBytes, cpus, pids }: Limits): Setting[] {
  const memory: Setting[] =
    memoryBytes === undefined
      ? []
      : [
          { name: "limits.memory", file: "memory.max", value: String(memoryBytes) },
          { name: "limits.memory", file: "memory.swap.max", value: "0", isOptional: true },
          // The job dies as a whole: half a trainer hangs.
          { name: "limits.memory", file: "memory.oom.group", value: "1", isOptional: true },
        ];
  return [
    ...memory,
    ...(cpus === undefined
      ? []
      : [{ name: "limits.cpus", file: "cpu.max", value: `${cpuQuotaUs(cpus)} ${CPU_PERIOD_US}` }]),
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

/** What a group counted, in the words of memory.events; `oom` are the times that it met its own limit. */
export function countsOf({ version, memory }: ControlGroup): string | null {
  if (memory === null) return null;
  if (version === 1) return countsOfV1(memory);
  const events = textOf(join(memory, "memory.events"));
  const peak = (textOf(join(memory, "memory.peak")) ?? "").trim();
  return events === null ? null : `${events}peak ${peak || 0}\n`;
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
  const peak = keyedCount(counts, "peak");
  return {
    oomKilled: keyedCount(counts, "oom_kill") > 0 && keyedCount(counts, "oom") > 0,
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

/** Removes groups of attempts that are no longer open: those whose name begins with `prefix` and is not among `kept`. */
export function sweepGroups(
  backend: LimitBackend,
  { prefix, kept }: { prefix: string; kept: ReadonlySet<string> },
): string[] {
  const base = jobGroupBase(backend);
  const bases = [
    ...(base === null ? [] : [base]),
    ...(backend.type === "v1" ? basesOfV1(backend, mountsHere()) : []),
  ];
  return [...new Set(bases)].flatMap((directory) =>
    namesIn(directory)
      .filter((name) => name.startsWith(prefix) && !kept.has(name))
      .map((name) => join(directory, name))
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
