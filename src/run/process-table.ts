import { readFileSync } from "node:fs";
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
export function processTable({ except }: { readonly except: ReadonlySet<number> }): ProcessEntry[] {
  return allPids()
    .filter((pid) => !except.has(pid))
    .flatMap((pid) => entryOf(pid) ?? []);
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
 * True where a process was started with exactly this variable; false also where its environment is not ours to read.
 * Null for the instant in which it becomes another program and has neither environment nor arguments: on a busy
 * machine that lasts for milliseconds.
 */
export function wasStartedWith(pid: number, variable: string): boolean | null {
  let environment = contentOf(`/proc/${pid}/environ`);
  if (environment?.length === 0) {
    if (contentOf(`/proc/${pid}/cmdline`)?.length === 0) return null;
    environment = contentOf(`/proc/${pid}/environ`);
  }
  const entry = `${variable}\0`;
  return environment !== null && (environment.indexOf(entry) === 0 || environment.includes(`\0${entry}`));
}

/** Null where the process is gone, or another user's. */
function contentOf(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
