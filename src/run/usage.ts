import { statFields } from "../lib/host.ts";
import { procContent } from "../lib/proc-file.ts";
import { contentOf, startFile } from "./records.ts";

/** What a job used of the machine. */
export interface Usage {
  /** Of its processes and of those that they waited for. */
  readonly cpuMs: number;
  /** The peak of the largest process. */
  readonly peakRssBytes: number;
}

/** USER_HZ, the same on every Linux. */
const TICK_MS = 10;
/** A job with more processes is measured by these. */
const MAX_PROCESSES = 256;

/** What a process and its living descendants have used so far; null where there is no such process, or no /proc. */
export function usageBelow(root: number): Usage | null {
  const pids = [root];
  let cpuMs = 0;
  let peakRssBytes = 0;
  for (const pid of pids) {
    const status = procContent(`/proc/${pid}/status`)?.toString("latin1");
    if (status === undefined) continue;
    // Absent for a zombie, which has no memory any more.
    peakRssBytes = Math.max(peakRssBytes, peakIn(status));
    const fields = statFields(procContent(`/proc/${pid}/stat`)?.toString("latin1") ?? "");
    // utime, stime, cutime and cstime of proc_pid_stat(5).
    for (const ticks of fields.slice(11, 15)) cpuMs += Number(ticks) * TICK_MS;
    const children = procContent(`/proc/${pid}/task/${pid}/children`)?.toString("latin1") ?? "";
    for (const child of children.split(" "))
      if (child.trim() !== "" && pids.length < MAX_PROCESSES) pids.push(Number(child));
  }
  return peakRssBytes === 0 && cpuMs === 0 ? null : { cpuMs, peakRssBytes };
}

function peakIn(status: string): number {
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
}

const TIME = /^(\d+)m(\d+(?:[.,]\d+)?)s (\d+)m(\d+(?:[.,]\d+)?)s$/;

/**
 * The CPU time that the recording parent noted in `start` at the end of the job, by `times`: a line of its own, and one of all that it
 * waited for. Null where there is none.
 */
export function notedCpuMs(directory: string): number | null {
  return cpuMsIn(contentOf(startFile(directory)) ?? "");
}

/** The same in the text of `start`. */
export function cpuMsIn(text: string): number | null {
  const [own = "", ofJob = ""] = text.trimEnd().split("\n").slice(-2);
  const found = TIME.test(own) ? TIME.exec(ofJob) : null;
  if (found === null) return null;
  const [minutes = 0, seconds = 0, more = 0, rest = 0] = found
    .slice(1)
    .map((part) => Number(part.replace(",", ".")));
  return Math.round((minutes + more) * 60_000 + (seconds + rest) * 1_000);
}

/** The peak of this process so far; 0 where there is no /proc. */
export function ownPeakBytes(): number {
  return peakIn(procContent("/proc/self/status")?.toString("latin1") ?? "");
}
