import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { allPids, statFields } from "../lib/host.ts";

/** One line of the system's process table. */
export interface ProcessEntry {
  readonly pid: number;
  /** Ended, but not yet seen off by its parent. */
  readonly isZombie: boolean;
  readonly group: number;
  readonly session: number;
  /** As in `ProcessIdentity`; on Linux ticks since boot, so larger is later. */
  readonly startTime: string;
}

/** A stat line is some 350 bytes: 20 fields of 64 bits and a name of 64 bytes stay under this. */
const stat = Buffer.allocUnsafe(2_048);

/** All processes that can be seen (proc_pid_stat(5)); Linux only, empty elsewhere. */
export function processTable(): ProcessEntry[] {
  return allPids().flatMap((pid) => entryOf(pid) ?? []);
}

function entryOf(pid: number): ProcessEntry | null {
  const line = statLine(pid);
  if (line === null) return null;
  const fields = statFields(line);
  const [state, , group, session] = fields;
  const startTime = fields[19];
  if (startTime === undefined) return null;
  return {
    pid,
    isZombie: state === "Z" || state === "X",
    group: Number(group),
    session: Number(session),
    startTime,
  };
}

/** Into one buffer: reading a file the usual way costs twice as much, and a machine has hundreds of processes. */
function statLine(pid: number): string | null {
  let file: number | null = null;
  try {
    file = openSync(`/proc/${pid}/stat`, "r");
    return stat.toString("latin1", 0, readSync(file, stat, 0, stat.length, 0));
  } catch {
    // Gone in between.
    return null;
  } finally {
    if (file !== null) closeSync(file);
  }
}

/** True where a process was started with exactly this variable; false also where its environment is not ours to read. */
export function wasStartedWith(pid: number, variable: string): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`);
    const entry = Buffer.from(`${variable}\0`);
    const at = environment.indexOf(entry);
    return at === 0 || (at > 0 && (environment[at - 1] === 0 || environment.includes(`\0${variable}\0`)));
  } catch {
    return false;
  }
}
