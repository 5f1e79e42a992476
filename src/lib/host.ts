import { readdirSync, readlinkSync } from "node:fs";
import { hostname, platform } from "node:os";
import { getuid } from "node:process";
import { unlessRefused } from "./errno.ts";
import { procContent } from "./proc-file.ts";

/** Identifies a process for all time, as pids are reused. The start time is opaque; it can only be compared. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

const isLinux = platform() === "linux";

/** The boot id where the system has none. */
export const UNKNOWN_BOOT = "unknown";

let thisBoot = UNKNOWN_BOOT;

/** The id of this boot; a different value means that every earlier process has ended. */
export function bootId(): string {
  if (thisBoot !== UNKNOWN_BOOT) return thisBoot;
  thisBoot = isLinux
    ? readOr("/proc/sys/kernel/random/boot_id", UNKNOWN_BOOT)
    : (commandOutput(["sysctl", "-n", "kern.bootsessionuuid"]) ?? UNKNOWN_BOOT);
  return thisBoot;
}

/** The uid of this process; os.userInfo() throws for one without an entry in passwd(5). */
export function ownUserId(): number {
  return getuid?.() ?? -1;
}

/** A soft limit of this process, by its name in proc_pid_limits(5); infinite where it is unlimited or unknown. */
export function ownLimit(name: string): number {
  const lines = procContent("/proc/self/limits")?.toString("latin1").split("\n") ?? [];
  const found = lines.find((line) => line.startsWith(`${name} `));
  return Number(/^\s+(\d+)/.exec(found?.slice(name.length) ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
}

/** The id of this machine: machine-id(5), else its host name. */
export function machineId(): string {
  return readOr("/etc/machine-id", hostname());
}

/** The id of the pid namespace (pid_namespaces(7)); a constant outside Linux. */
export function pidNamespace(): string {
  return unlessRefused(() => readlinkSync("/proc/self/ns/pid"), "none");
}

/** The start time of a running process; null where there is none. A zombie counts as ended. */
export function startTimeOf(pid: number): string | null {
  if (!isLinux) return commandOutput(["ps", "-o", "lstart=", "-p", String(pid)]);
  const stat = readOr(`/proc/${pid}/stat`, null);
  return stat === null ? null : startTimeIn(stat);
}

/** The fields of proc_pid_stat(5) after the last `)`: the program's name before it may hold brackets and blanks. */
export function statFields(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** The start time in the text of /proc/PID/stat (field 22); null for a zombie. */
export function startTimeIn(stat: string): string | null {
  const fields = statFields(stat);
  if (fields[0] === "Z" || fields[0] === "X") return null;
  return fields[19] ?? null;
}

/** False for a job in the background of its terminal, which `bg` and `&` make; true where that is not known. */
export function isInForeground(): boolean {
  const [, , group, , terminal, ofTerminal] = statFields(readOr("/proc/self/stat", ""));
  return terminal === undefined || terminal === "0" || ofTerminal === "-1" || group === ofTerminal;
}

/** True for a process that a signal stopped, until it gets SIGCONT. */
export function isStopped(pid: number): boolean {
  const state = isLinux
    ? statFields(readOr(`/proc/${pid}/stat`, ""))[0]
    : commandOutput(["ps", "-o", "state=", "-p", String(pid)]);
  return state?.startsWith("T") ?? false;
}

/** True while this very process runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return startTimeOf(identity.pid) === identity.startTime;
}

/** Every visible pid; empty outside Linux. */
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
    // Not on the PATH, which is short under cron.
    return null;
  }
}
