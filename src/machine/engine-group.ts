import { existsSync } from "node:fs";
import { join } from "node:path";
import { isWritable, textOf } from "../lib/file-text.ts";
import type { ControlGroup } from "../model/control-group.ts";
import { cgroupMountsIn, type Mount } from "./cgroup-texts.ts";
import { groupFor } from "./group.ts";
import type { Means } from "./means.ts";

/** A group under which an engine is told to put a container's own. */
export interface EngineGroup {
  readonly group: ControlGroup;
  /** From the top of each hierarchy, as `--cgroup-parent` takes it. */
  readonly parent: string;
}

/**
 * Names the group for a container, before there is one; null where these means make none. An engine takes one path for
 * all hierarchies of version 1 and makes it in each, so ours lies at the top of all of them.
 */
export function engineGroupFor(means: Means, name: string): EngineGroup | null {
  const mounts = cgroupMountsIn(textOf("/proc/self/mountinfo") ?? "").filter(({ point }) =>
    existsSync(point),
  );
  if (means.type === "v2") return below(mounts, groupFor(means, name));
  if (means.type !== "v1") return null;
  const tops = topsOf(mounts);
  const memory = mounts.find(({ version, controllers }) => version === 1 && controllers.includes("memory"));
  if (tops === null || memory === undefined) return null;
  const directories = tops.map((top) => join(top, name));
  return { group: { version: 1, directories, memory: join(memory.point, name) }, parent: `/${name}` };
}

/** Where the groups of containers lie that are not below the supervisor's own. */
export function engineTops(means: Means): readonly string[] {
  return means.type === "v1" ? (topsOf(cgroupMountsIn(textOf("/proc/self/mountinfo") ?? "")) ?? []) : [];
}

function below(mounts: readonly Mount[], group: ControlGroup | null): EngineGroup | null {
  const [directory] = group?.directories ?? [];
  const mount = mounts.find(({ version, point }) => version === 2 && directory?.startsWith(`${point}/`));
  if (group === null || directory === undefined || mount === undefined) return null;
  return { group, parent: directory.slice(mount.point.length) };
}

/** Null where one of them cannot be written: then what the engine makes there could not be removed. */
function topsOf(mounts: readonly Mount[]): string[] | null {
  const tops = mounts.filter(({ version }) => version === 1).map(({ point }) => point);
  return tops.every(isWritable) ? [...new Set(tops)] : null;
}
