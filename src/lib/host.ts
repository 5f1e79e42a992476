import { readdirSync, readlinkSync } from "node:fs";
import { hostname, platform } from "node:os";
import { getuid } from "node:process";
import { procContent } from "./proc-file.ts";

/** One process for all time: a pid alone is used again. The start time is opaque, equal for equal processes. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

const isLinux = platform() === "linux";

/** Where the system does not say which boot this is. */
export const UNKNOWN_BOOT = "unknown";

let thisBoot = UNKNOWN_BOOT;

/** Names this boot of the machine; another value means that no process of before is left. */
export function bootId(): string {
  if (thisBoot !== UNKNOWN_BOOT) return thisBoot;
  thisBoot = isLinux
    ? readOr("/proc/sys/kernel/random/boot_id", UNKNOWN_BOOT)
    : (commandOutput(["sysctl", "-n", "kern.bootsessionuuid"]) ?? UNKNOWN_BOOT);
  return thisBoot;
}

/** The user of this process: userInfo() throws for one that passwd(5) does not know. */
export function ownUserId(): number {
  return getuid?.() ?? -1;
}

/** A soft limit of this process, by its name in proc_pid_limits(5); infinite where there is none, or nothing tells. */
export function ownLimit(name: string): number {
  const lines = procContent("/proc/self/limits")?.toString("latin1").split("\n") ?? [];
  const found = lines.find((line) => line.startsWith(`${name} `));
  return Number(/^\s+(\d+)/.exec(found?.slice(name.length) ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
}

/** Names this machine, as systemd's machine-id(5) or else by its host name. */
export function machineId(): string {
  return readOr("/etc/machine-id", hostname());
}

/** Names the namespace that pids are counted in (pid_namespaces(7)); the same everywhere outside Linux. */
export function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "none";
  }
}

/** The start time of a living process, or null where there is no such process. A zombie counts as gone. */
export function startTimeOf(pid: number): string | null {
  if (!isLinux) return commandOutput(["ps", "-o", "lstart=", "-p", String(pid)]);
  const stat = readOr(`/proc/${pid}/stat`, null);
  return stat === null ? null : startTimeIn(stat);
}

/** Fields of proc_pid_stat(5), counted after the last `)`: a program's name may hold brackets and blanks. */
export function statFields(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** The start time in a line of /proc/PID/stat (field 22), or null for a zombie. */
export function startTimeIn(stat: string): string | null {
  const fields = statFields(stat);
  if (fields[0] === "Z" || fields[0] === "X") return null;
  return fields[19] ?? null;
}

/** True for a process that was stopped by a signal, and does nothing until it gets SIGCONT. */
export function isStopped(pid: number): boolean {
  const state = isLinux
    ? statFields(readOr(`/proc/${pid}/stat`, ""))[0]
    : commandOutput(["ps", "-o", "state=", "-p", String(pid)]);
  return state?.startsWith("T") ?? false;
}

/** True while exactly this process lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return startTimeOf(identity.pid) === identity.startTime;
}

/** Every pid that can be seen; Linux only, empty elsewhere. */
export function allPids(): number[] {
  if (!isLinux) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function readOr<T>(path: string, fallback: T): string | T {
  return procContent(path)?.toString("utf8").trim() ?? fallback;
}

function commandOutput(command: string[]): string | null {
  try {
    const { success, stdout } = Bun.spawnSync(command, { stderr: "ignore" });
    const text = stdout.toString().trim();
    return success && text !== "" ? text : null;
  } catch {
    // Not on the PATH, as that of cron.
    return null;
  }
}
