import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pid } from "node:process";
import { isWritable, textOf } from "../lib/file-text.ts";
import { ownUserId } from "../lib/host.ts";
import {
  CONTROLLERS,
  type Controller,
  cgroupMountsIn,
  type Membership,
  type Mount,
  membershipsIn,
  placeIn,
} from "./cgroup-texts.ts";
import { detectV1, jobBaseOfV1, type V1Backend } from "./cgroup-v1.ts";

/**
 * How limits on a job as a whole are enforced. `own` is our own group of version 2, where groups without controllers can be made below
 * it; else null.
 */
export type LimitBackend =
  /** Groups of our own below `base`; with `isToVacate`, this process must leave `base` first. */
  | {
      readonly type: "v2";
      readonly controllers: readonly Controller[];
      readonly base: string;
      readonly isToVacate: boolean;
    }
  /** Scopes that systemd makes; `runtimeDirectory` is null for the system manager. */
  | {
      readonly type: "systemd";
      readonly controllers: readonly Controller[];
      readonly program: string;
      readonly runtimeDirectory: string | null;
      readonly own: string | null;
    }
  | V1Backend
  | {
      readonly type: "none";
      readonly controllers: readonly Controller[];
      readonly why: string;
      readonly own: string | null;
    };

/** The child group that the supervisor moves to: a group with controllers for its children has no processes (cgroups(7)). */
export const SUPERVISOR_LEAF = "stint.supervisor";

export interface ProbedMachine {
  /** The prefix of every path that is read; empty for the machine itself. */
  readonly root: string;
  readonly userId: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** This machine, as the calling process sees it. */
export function thisMachine(environment: Readonly<Record<string, string>>): ProbedMachine {
  return { root: "", userId: ownUserId(), environment };
}

/** Detects which limits can be enforced here, and how; reads a few files and changes nothing. */
export function detectLimitBackend(machine: ProbedMachine): LimitBackend {
  const memberships = membershipsIn(textOf(join(machine.root, "/proc/self/cgroup")) ?? "");
  const mounts = cgroupMountsIn(textOf(join(machine.root, "/proc/self/mountinfo")) ?? "").map((mount) => ({
    ...mount,
    point: `${machine.root}${mount.point}`,
  }));
  const own = ownGroup(mounts, memberships);
  const candidates = [delegated(own), systemdScopes(machine, { mounts, own }), detectV1(mounts, memberships)];
  const found = candidates.find((backend) => backend !== null && backend.controllers.length > 0);
  const why =
    mounts.length === 0
      ? "no control groups are mounted"
      : "this process may not change its control group, and no systemd manager can be reached";
  return found ?? { type: "none", controllers: [], why, own };
}

/** The directory for the groups that hold the processes of each job together, with or without controllers; null for none. */
export function jobGroupBase(backend: LimitBackend): string | null {
  switch (backend.type) {
    case "v2":
      return backend.base;
    case "v1":
      return jobBaseOfV1(backend);
    case "systemd":
    case "none":
      return backend.own;
  }
}

/** The group of version 2 of this process, or the parent of its leaf, where this user may change it; else null. */
function ownGroup(mounts: readonly Mount[], memberships: readonly Membership[]): string | null {
  const mount = mounts.find(({ version }) => version === 2);
  const own = memberships.find(({ controllers }) => controllers.length === 0);
  const place = mount === undefined || own === undefined ? null : placeIn(mount, own.path);
  if (place === null) return null;
  const base = basename(place) === SUPERVISOR_LEAF ? dirname(place) : place;
  return [base, join(base, "cgroup.procs"), join(base, "cgroup.subtree_control")].every(isWritable)
    ? base
    : null;
}

function delegated(base: string | null): LimitBackend | null {
  if (base === null) return null;
  const present = wordsOf(join(base, "cgroup.controllers"));
  const controllers = CONTROLLERS.filter((name) => present.includes(name));
  const enabled = wordsOf(join(base, "cgroup.subtree_control"));
  // Only the root of the hierarchy may have both processes and children (cgroups(7)); it has no cgroup.events.
  const isTop = existsSync(join(base, "cgroup.procs")) && !existsSync(join(base, "cgroup.events"));
  if (isTop || controllers.every((name) => enabled.includes(name)))
    return { type: "v2", controllers, base, isToVacate: false };
  // Other processes in the group are not ours to move.
  const pids = wordsOf(join(base, "cgroup.procs"));
  const isEmptyButForUs = pids.every((one) => one === String(pid));
  return isEmptyButForUs ? { type: "v2", controllers, base, isToVacate: pids.length > 0 } : null;
}

/** A user's manager has the controllers that were delegated to it; it accepts properties of the others and ignores them. */
function systemdScopes(
  machine: ProbedMachine,
  { mounts, own }: { mounts: readonly Mount[]; own: string | null },
): LimitBackend | null {
  const { root, userId, environment } = machine;
  const program = Bun.which("systemd-run", { PATH: environment["PATH"] ?? "/usr/bin:/bin" });
  const mount = mounts.find(({ version }) => version === 2);
  if (program === null || mount === undefined) return null;
  const isRoot = userId === 0;
  const runtimeDirectory = environment["XDG_RUNTIME_DIR"] ?? `/run/user/${userId}`;
  const socket = isRoot ? "/run/systemd/private" : join(runtimeDirectory, "systemd/private");
  if (!existsSync(join(root, socket))) return null;
  const manager = isRoot ? "" : `user.slice/user-${userId}.slice/user@${userId}.service`;
  const present = wordsOf(join(mount.point, manager, "cgroup.controllers"));
  const controllers = CONTROLLERS.filter((name) => present.includes(name));
  return { type: "systemd", controllers, program, runtimeDirectory: isRoot ? null : runtimeDirectory, own };
}

function wordsOf(path: string): string[] {
  return (textOf(path) ?? "").split(/\s+/).filter(Boolean);
}
