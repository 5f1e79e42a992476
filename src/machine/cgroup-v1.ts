import { existsSync } from "node:fs";
import { join } from "node:path";
import { isWritable, textOf } from "../lib/file-text.ts";
import type { ControlGroup } from "../model/control-group.ts";
import type { Limits } from "../model/limits.ts";
import {
  CONTROLLERS,
  type Controller,
  CPU_PERIOD_US,
  cpuQuotaUs,
  keyedCount,
  type Membership,
  type Mount,
  placeIn,
  type Setting,
} from "./cgroup-texts.ts";

/*
 * All that differs in control groups of version 1 (cgroups(7)): each controller has a hierarchy of its own, with a group of the attempt in
 * each. To drop version 1, remove this file and the lines that the compiler then reports; records keep their `version`
 * (model/control-group.ts).
 */

/** A group in the hierarchy of each controller. */
export interface V1Backend {
  readonly type: "v1";
  readonly controllers: readonly Controller[];
  readonly bases: Readonly<Partial<Record<Controller, string>>>;
}

/** The hierarchies that this process can make groups in. */
export function detectV1(mounts: readonly Mount[], memberships: readonly Membership[]): V1Backend {
  const bases: Partial<Record<Controller, string>> = {};
  for (const name of CONTROLLERS) {
    const mount = mounts.find(({ version, controllers }) => version === 1 && controllers.includes(name));
    const own = memberships.find(({ controllers }) => controllers.includes(name));
    if (mount === undefined || own === undefined) continue;
    // In a namespace the path may be that of the host; then our group is the root of the mount.
    const place = placeIn(mount, own.path);
    const base = place !== null && existsSync(place) ? place : mount.point;
    if (isWritable(base)) bases[name] = base;
  }
  return { type: "v1", bases, controllers: CONTROLLERS.filter((name) => bases[name] !== undefined) };
}

/** The directory for groups that only hold the processes of a job together; null for none. */
export function jobBaseOfV1({ bases }: V1Backend): string | null {
  return bases.pids ?? bases.cpu ?? bases.memory ?? null;
}

/** Names the groups of an attempt. */
export function groupOfV1({ bases }: V1Backend, name: string): ControlGroup {
  // Controllers that are mounted together share a directory.
  const directories = [...new Set(Object.values(bases))].map((base) => join(base, name));
  return { version: 1, directories, memory: bases.memory === undefined ? null : join(bases.memory, name) };
}

/** Each file exists only in the hierarchy of its controller. */
export function settingsOfV1({ memoryBytes, cpus, pids }: Limits): Setting[] {
  const memory = String(memoryBytes);
  return [
    ...(memoryBytes === undefined
      ? []
      : [
          { name: "limits.memory", file: "memory.limit_in_bytes", value: memory },
          // Memory and swap together; absent where the kernel does not count swap.
          { name: "limits.memory", file: "memory.memsw.limit_in_bytes", value: memory, isOptional: true },
        ]),
    ...(cpus === undefined
      ? []
      : [
          { name: "limits.cpus", file: "cpu.cfs_period_us", value: String(CPU_PERIOD_US) },
          { name: "limits.cpus", file: "cpu.cfs_quota_us", value: String(cpuQuotaUs(cpus)) },
        ]),
    ...(pids === undefined ? [] : [{ name: "limits.pids", file: "pids.max", value: String(pids) }]),
  ];
}

/** A charge of several pages may fail this far below the limit. */
const SLACK_BYTES = 65_536;

/** The counters of a group, in the format of version 2's memory.events; null where they cannot be read. */
export function countsOfV1(memory: string): string | null {
  const read = (file: string): string => textOf(join(memory, file)) ?? "";
  const control = textOf(join(memory, "memory.oom_control"));
  if (control === null) return null;
  const peak = Number(read("memory.max_usage_in_bytes"));
  // With a limit on swap, that one is reached first, and Linux 6.18 does not count its failures (tried): the peak shows it.
  const isAtLimit = peak + SLACK_BYTES >= Number(read("memory.limit_in_bytes") || Number.POSITIVE_INFINITY);
  const oom = Math.max(Number(read("memory.failcnt")), isAtLimit ? 1 : 0);
  return `oom ${oom}\noom_kill ${keyedCount(control, "oom_kill")}\npeak ${peak}\n`;
}

/** True where kills are counted only in the group of the victim, and not in its parents: a container's group is gone by then. */
export function missesKillsBelow({ version }: ControlGroup): boolean {
  return version === 1;
}

/** An engine makes one path in every hierarchy, so a container's group is at the root of each. */
export function engineGroupOfV1(mounts: readonly Mount[], name: string): ControlGroup | null {
  const tops = topsOf(mounts);
  const memory = mounts.find(({ version, controllers }) => version === 1 && controllers.includes("memory"));
  if (tops === null || memory === undefined) return null;
  return { version: 1, directories: tops.map((top) => join(top, name)), memory: join(memory.point, name) };
}

/** Every directory that may have groups of attempts or containers. */
export function basesOfV1({ bases }: V1Backend, mounts: readonly Mount[]): string[] {
  return [...Object.values(bases), ...(topsOf(mounts) ?? [])];
}

/** The roots of the hierarchies; null where one is not writable: a group that the engine makes there could not be removed. */
function topsOf(mounts: readonly Mount[]): string[] | null {
  const tops = mounts.filter(({ version }) => version === 1).map(({ point }) => point);
  return tops.every(isWritable) ? [...new Set(tops)] : null;
}
