import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, unlessRefused } from "../lib/errno.ts";
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

/** The paths of an attempt's groups, before they exist; null where the backend makes no groups of our own. */
export function groupFor(backend: LimitBackend, name: string): ControlGroup | null {
  if (backend.type === "v2") {
    const directory = join(backend.base, name);
    const memory = backend.controllers.includes("memory") ? directory : null;
    return { version: 2, directories: [directory], memory };
  }
  return backend.type === "v1" ? groupOfV1(backend, name) : null;
}

/** The parent of a container's own group. */
export interface EngineGroup {
  readonly group: ControlGroup;
  /** From the root of each hierarchy, for `--cgroup-parent`. */
  readonly parent: string;
}

/** The path of the parent group for a container, before it exists; null where the backend makes none. */
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

/** Makes the groups and sets the limits; returns the names of the limits that the kernel refused. Throws where a group cannot be made. */
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

/** Enables the controllers for children. In version 2 a group with processes of its own cannot do that (cgroups(7)). */
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
          // The kernel kills the whole job: a trainer that lost some processes hangs.
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

/** Tries each directory: in version 1 a file exists only in the hierarchy of its controller. */
function isSet({ directories }: ControlGroup, { file, value }: Setting): boolean {
  return directories.some((directory) => {
    return unlessRefused(() => {
      // Without O_CREAT: no file can be made in a real hierarchy.
      writeFileSync(join(directory, file), `${value}\n`, { flag: "r+" });
      return true;
    }, false);
  });
}

/** The counters of a group, in the format of memory.events plus `peak`; `oom` counts how often its own limit was reached. */
export function countsOf({ version, memory }: ControlGroup): string | null {
  if (memory === null) return null;
  if (version === 1) return countsOfV1(memory);
  const events = textOf(join(memory, "memory.events"));
  const peak = (textOf(join(memory, "memory.peak")) ?? "").trim();
  return events === null ? null : `${events}peak ${peak || 0}\n`;
}

/** What the memory counters say of a job. */
export interface MemoryEnd {
  readonly oomKilled: boolean;
  readonly peakBytes: number | null;
}

/**
 * Parses the counters. The kernel also counts a kill for a lack of memory outside the group (cgroup-v2.rst, memory.events): it is the job's
 * own fault only where the group's limit was reached.
 */
export function memoryEnd(counts: string): MemoryEnd {
  const peak = keyedCount(counts, "peak");
  return {
    oomKilled: keyedCount(counts, "oom_kill") > 0 && keyedCount(counts, "oom") > 0,
    peakBytes: peak > 0 ? peak : null,
  };
}

/** Removes groups, and those that the job made below them; false while one is still in use. */
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

/** Removes groups whose names begin with `prefix` and are not in `kept`; returns their paths. They are of attempts that have ended. */
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
      // One with processes stays: rmdir(2) removes only empty groups.
      .filter(removeDirectory),
  );
}

function namesIn(directory: string): string[] {
  return unlessRefused(() => readdirSync(directory), []);
}
