import { statFields } from "../lib/host.ts";
import { procContent } from "../lib/proc-file.ts";

/** One line of the system's process table. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Ended as a whole, but not yet seen off by its parent: one whose first thread alone has ended goes on. */
  readonly isZombie: boolean;
  /** A thread of the kernel's own. */
  readonly isKernel: boolean;
  readonly group: number;
  readonly session: number;
  /** As in `ProcessIdentity`; on Linux ticks since boot, so larger is later. */
  readonly startTime: string;
}

/** PF_KTHREAD in the kernel's sched.h. */
const KERNEL_THREAD = 0x00200000;

/** The line of one process (proc_pid_stat(5)), at 5 to 10 µs; null where there is none. Linux only. */
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

/** How far the system is in making processes. */
export interface PidMark {
  /** How many were made since the boot, in all pid namespaces. */
  readonly forks: number;
  /** The pid that was given out last, in ours. */
  readonly lastPid: number;
}

/** The present mark (`processes` of proc_stat(5), last field of proc_loadavg(5)), or null where there is none. */
export function pidMark(): PidMark | null {
  const forks = Number(/^processes (\d+)$/m.exec(procContent("/proc/stat")?.toString("latin1") ?? "")?.[1]);
  const lastPid = Number(procContent("/proc/loadavg")?.toString("latin1").trim().split(" ").at(-1));
  // Systems that only look like Linux show a zero for what they do not count.
  return forks > 0 && lastPid > 0 ? { forks, lastPid } : null;
}

/** True where a pid was given out between two marks: Linux goes up to the last one, then begins anew (alloc_pid()). */
export function isGivenOut(pid: number, { since, mark }: { since: PidMark; mark: PidMark }): boolean {
  const isAfter = pid > since.lastPid;
  const isUpTo = pid <= mark.lastPid;
  return since.lastPid <= mark.lastPid ? isAfter && isUpTo : isAfter || isUpTo;
}

/**
 * The values of a variable that a process was started with. `changing` for the instant in which it becomes another program and has
 * neither environment nor arguments: on a busy machine that lasts for milliseconds. `unreadable` where its environment is not
 * ours to read, which may be so only for a time (as of a program that takes up another user's rights and lets go of them).
 */
export type StartedWith = readonly string[] | "changing" | "unreadable";

/** What a process was started with, for one variable; see `StartedWith`. None where there is no such process. */
export function startedWith(pid: number, variable: string): StartedWith {
  let environment = procContent(`/proc/${pid}/environ`);
  if (environment?.length === 0) {
    if (procContent(`/proc/${pid}/cmdline`)?.length === 0) return "changing";
    environment = procContent(`/proc/${pid}/environ`);
  }
  if (environment === null) return procContent(`/proc/${pid}/stat`) === null ? [] : "unreadable";
  const name = `${variable}=`;
  // Most have none: to split the text of each costs more than to look through it.
  if (!environment.includes(name)) return [];
  const entries = environment.toString("latin1").split("\0");
  return entries.filter((entry) => entry.startsWith(name)).map((entry) => entry.slice(name.length));
}
