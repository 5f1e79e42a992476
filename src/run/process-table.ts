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

/** PF_KTHREAD in the kernel's sched.h: a thread of the kernel's own. */
const KERNEL_THREAD = 0x00200000;

/**
 * All processes that can be seen (proc_pid_stat(5)), without the kernel's own and without some pids, at 10 µs each;
 * Linux only, empty elsewhere.
 */
export function processTable({
  except,
  since,
}: {
  readonly except: ReadonlySet<number>;
  /** Only what was started after it, where that can be told. */
  readonly since: PidMark | null;
}): ProcessEntry[] {
  return (pidsSince(since) ?? allPids())
    .filter((pid) => !except.has(pid))
    .flatMap((pid) => entryOf(pid) ?? []);
}

/** How far the system is in giving out pids. */
export interface PidMark {
  readonly lastPid: number;
  /** Since the boot, in all pid namespaces. */
  readonly forks: number;
}

/** The present mark (last field of proc_loadavg(5), `processes` of proc_stat(5)), or null where there is none. */
export function pidMark(): PidMark | null {
  const lastPid = Number(contentOf("/proc/loadavg")?.toString("latin1").trim().split(" ").at(-1));
  const forks = Number(/^processes (\d+)$/m.exec(contentOf("/proc/stat")?.toString("latin1") ?? "")?.[1]);
  return Number.isInteger(lastPid) && Number.isInteger(forks) ? { lastPid, forks } : null;
}

/** Looking at more pids one by one costs as much as looking at all processes. */
const MAX_SINCE = 256;

/**
 * The pids that were given out since a mark: Linux gives them out in order (alloc_pid() takes the next free one after the
 * last). Null where there are many, or the count may have come to its end and begun anew since: more processes were made
 * than the pids would tell of.
 */
function pidsSince(mark: PidMark | null): number[] | null {
  const now = mark === null ? null : pidMark();
  if (mark === null || now === null) return null;
  const count = now.lastPid - mark.lastPid;
  if (count < 0 || count > MAX_SINCE || now.forks - mark.forks > MAX_SINCE) return null;
  return Array.from({ length: count }, (_, index) => mark.lastPid + 1 + index);
}

function entryOf(pid: number): ProcessEntry | null {
  const line = contentOf(`/proc/${pid}/stat`)?.toString("latin1");
  if (line === undefined) return null;
  const fields = statFields(line);
  const [state, , group, session] = fields;
  const startTime = fields[19];
  if (startTime === undefined || (Number(fields[6]) & KERNEL_THREAD) !== 0) return null;
  const isZombie = state === "Z" || state === "X";
  return { pid, isZombie, group: Number(group), session: Number(session), startTime };
}

/**
 * The values of a variable that a process was started with; none also where its environment is not ours to read. Null for the
 * instant in which it becomes another program and has neither environment nor arguments: on a busy machine that lasts for
 * milliseconds.
 */
export function startedWith(pid: number, variable: string): string[] | null {
  let environment = contentOf(`/proc/${pid}/environ`);
  if (environment?.length === 0) {
    if (contentOf(`/proc/${pid}/cmdline`)?.length === 0) return null;
    environment = contentOf(`/proc/${pid}/environ`);
  }
  const name = `${variable}=`;
  // Most have none: to split the text of each costs more than to look through it.
  if (environment?.includes(name) !== true) return [];
  const entries = environment.toString("latin1").split("\0");
  return entries.filter((entry) => entry.startsWith(name)).map((entry) => entry.slice(name.length));
}

/** Where what is read comes to lie: few environments are larger. */
const buffer = Buffer.allocUnsafe(64 * 1_024);

/** Null where the process is gone, or another user's; what is given is good until the next call. */
function contentOf(path: string): Buffer | null {
  try {
    const file = openSync(path, "r");
    try {
      const length = readSync(file, buffer, 0, buffer.length, 0);
      return length < buffer.length ? buffer.subarray(0, length) : readFileSync(path);
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}
