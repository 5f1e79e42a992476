/** The controllers that limits are enforced by. */
export const CONTROLLERS = ["memory", "cpu", "pids"] as const;
export type Controller = (typeof CONTROLLERS)[number];

/** One line of /proc/PID/cgroup (cgroups(7)): `0::/user.slice` has no controllers and is that of version 2. */
export interface Membership {
  readonly controllers: readonly string[];
  readonly path: string;
}

/** The groups that a process is in, as /proc/PID/cgroup tells them. */
export function membershipsIn(text: string): Membership[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (match === null) return [];
    return [{ controllers: (match[1] ?? "").split(",").filter(Boolean), path: match[2] ?? "/" }];
  });
}

/** A mounted hierarchy of control groups. */
export interface Mount {
  readonly version: 1 | 2;
  /** The part of the hierarchy that is mounted. */
  readonly root: string;
  readonly point: string;
  /** Of version 1; version 2 has them in a file. */
  readonly controllers: readonly string[];
}

/** The hierarchies in /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
export function cgroupMountsIn(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [type = "", , options = ""] = after.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") return [];
    const [, , , root = "/", point = ""] = before.split(" ");
    const controllers = type === "cgroup" ? options.split(",") : [];
    return [
      { version: type === "cgroup" ? 1 : 2, root: unescaped(root), point: unescaped(point), controllers },
    ];
  });
}

/** Blanks and their like are written in octal there. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** Where a group lies below a mount that shows a part of its hierarchy, or null where it is not in that part. */
export function placeIn({ root, point }: Mount, path: string): string | null {
  if (root === "/") return path === "/" ? point : `${point}${path}`;
  if (path === root) return point;
  return path.startsWith(`${root}/`) ? `${point}${path.slice(root.length)}` : null;
}

/** The number after a word at the beginning of a line, as memory.events and memory.oom_control have them. */
export function keyedCount(text: string, word: string): number {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${word} `));
  return Number(line?.slice(word.length + 1) ?? 0) || 0;
}

/** One limit, as a file of a group takes it. */
export interface Setting {
  /** Of the limit, in the task file. */
  readonly name: string;
  readonly file: string;
  readonly value: string;
  /** Not every kernel has it; it only sharpens another. */
  readonly isOptional?: boolean;
}

/** The kernel's own default; it takes no quota under 1 ms, a hundredth of this. */
export const CPU_PERIOD_US = 100_000;

/** The time in each period that a number of CPUs has, in µs. */
export function cpuQuotaUs(cpus: number): number {
  return Math.max(1_000, Math.round(cpus * CPU_PERIOD_US));
}
