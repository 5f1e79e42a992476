import { statFields } from "../lib/host.ts";
import { procContent } from "../lib/proc-file.ts";

/** One line of the system's process table. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Ended with all its threads and not yet reaped by its parent; one whose first thread alone has ended still runs. */
  readonly isZombie: boolean;
  /** A kernel thread. */
  readonly isKernel: boolean;
  readonly group: number;
  readonly session: number;
  /** As in `ProcessIdentity`; on Linux ticks since boot, so larger is later. */
  readonly startTime: string;
}

/** PF_KTHREAD in the kernel's sched.h. */
const KERNEL_THREAD = 0x00200000;

/** Reads the line of one process (proc_pid_stat(5)) in 5 to 10 µs; null where there is none. Linux only. */
export function processEntry(pid: number): ProcessEntry | null {
  const line = procContent(`/proc/${pid}/stat`)?.toString("latin1");
  if (line === undefined) return null;
  const fields = statFields(line);
  const [state, parent, group, session] = fields;
  const startTime = fields[19];
  if (startTime === undefined) return null;
  return {
    pid,
    parent: Number(parent),
    isZombie: (state === "Z" || state === "X") && Number(fields[17]) <= 1,
    isKernel: (Number(fields[6]) & KERNEL_THREAD) !== 0,
    group: Number(group),
    session: Number(session),
    startTime,
  };
}

/** The position of the system in its sequence of forks. */
export interface PidMark {
  /** Forks since boot, in all pid namespaces. */
  readonly forks: number;
  /** The last pid assigned, in this pid namespace. */
  readonly lastPid: number;
}

/** The present mark (`processes` of proc_stat(5), last field of proc_loadavg(5)), or null where there is none. */
export function pidMark(): PidMark | null {
  const forks = Number(/^processes (\d+)$/m.exec(procContent("/proc/stat")?.toString("latin1") ?? "")?.[1]);
  const lastPid = Number(procContent("/proc/loadavg")?.toString("latin1").trim().split(" ").at(-1));
  // Systems that emulate Linux show a zero for what they do not count.
  return forks > 0 && lastPid > 0 ? { forks, lastPid } : null;
}

/** True where a pid was assigned between two marks: Linux counts up to the highest pid, then starts over (alloc_pid()). */
export function isGivenOut(pid: number, { since, mark }: { since: PidMark; mark: PidMark }): boolean {
  const isAfter = pid > since.lastPid;
  const isUpTo = pid <= mark.lastPid;
  return since.lastPid <= mark.lastPid ? isAfter && isUpTo : isAfter || isUpTo;
}

/**
 * The values of a variable in the initial environment of a process. `changing` during execve(2), when it has neither environment nor
 * arguments: on a busy machine that lasts for milliseconds. `unreadable` where this user may not read the environment, perhaps only for
 * a time (as of a set-user-ID program that drops its privileges).
 */
export type StartedWith = readonly string[] | "changing" | "unreadable";

/** Reads one variable of the initial environment of a process; see `StartedWith`. Empty where there is no such process. */
export function startedWith(pid: number, variable: string): StartedWith {
  let environment = procContent(`/proc/${pid}/environ`);
  if (environment?.length === 0) {
    if (procContent(`/proc/${pid}/cmdline`)?.length === 0) return "changing";
    environment = procContent(`/proc/${pid}/environ`);
  }
  if (environment === null) return procContent(`/proc/${pid}/stat`) === null ? [] : "unreadable";
  const name = `${variable}=`;
  // Most do not have it, and searching the bytes costs less than splitting them.
  if (!environment.includes(name)) return [];
  const entries = environment.toString("latin1").split("\0");
  return entries.filter((entry) => entry.startsWith(name)).map((entry) => entry.slice(name.length));
}
