/** The controllers that enforce limits. */
export const CONTROLLERS = ["memory", "cpu", "pids"] as const;
export type Controller = (typeof CONTROLLERS)[number];

/** One line of /proc/PID/cgroup (cgroups(7)); the one of version 2, as `0::/user.slice`, has no controllers. */
export interface Membership {
  readonly controllers: readonly string[];
  readonly path: string;
}

/** The groups of a process, from the text of /proc/PID/cgroup. */
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
  /** Of version 1; empty for version 2, which lists them in a file. */
  readonly controllers: readonly string[];
}

/** The hierarchies in the text of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
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

/** Blanks and other special characters are octal escapes there. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** The directory of a group below a mount, which may show only a part of the hierarchy; null where the group is not in that part. */
export function placeIn({ root, point }: Mount, path: string): string | null {
  if (root === "/") return path === "/" ? point : `${point}${path}`;
  if (path === root) return point;
  return path.startsWith(`${root}/`) ? `${point}${path.slice(root.length)}` : null;
}

/** The number after a word at the beginning of a line, as in memory.events and memory.oom_control; 0 for none. */
export function keyedCount(text: string, word: string): number {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${word} `));
  return Number(line?.slice(word.length + 1) ?? 0) || 0;
}

/** One limit, as a value for a file of a group. */
export interface Setting {
  /** Of the limit, in the task file. */
  readonly name: string;
  readonly file: string;
  readonly value: string;
  /** True where some kernels lack the file, and it only makes another limit stricter. */
  readonly isOptional?: boolean;
}

/** The kernel's default. The minimal quota is 1 ms, a hundredth of it. */
export const CPU_PERIOD_US = 100_000;

/** The quota per period of a number of CPUs, in µs. */
export function cpuQuotaUs(cpus: number): number {
  return Math.max(1_000, Math.round(cpus * CPU_PERIOD_US));
}
