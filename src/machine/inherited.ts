import { textOf } from "../lib/file-text.ts";
import { statFields } from "../lib/host.ts";

/** Limits that a person feels, by their names in proc_pid_limits(5), and from which number on nobody does. */
const FELT: readonly (readonly [name: string, felt: string, upTo: number])[] = [
  ["Max cpu time", "seconds of CPU time", Number.POSITIVE_INFINITY],
  ["Max file size", "bytes in a file", Number.POSITIVE_INFINITY],
  ["Max data size", "bytes of data", Number.POSITIVE_INFINITY],
  ["Max resident set", "bytes of memory", Number.POSITIVE_INFINITY],
  ["Max address space", "bytes of address space", Number.POSITIVE_INFINITY],
  ["Max open files", "open files", 1_024],
];
/** Where the nice value stands in /proc/PID/stat, counted behind the name (proc_pid_stat(5)). */
const NICE = 16;

/** What the children of a process inherit of it that slows or ends them, in words; empty where that is nothing, or nothing tells. */
export function inheritedFrom(pid: number): string[] {
  const nice = Number(statFields(textOf(`/proc/${pid}/stat`) ?? "")[NICE] ?? 0);
  const lines = (textOf(`/proc/${pid}/limits`) ?? "").split("\n");
  const limits = FELT.flatMap(([name, felt, upTo]) => {
    const soft = Number(
      lines
        .find((line) => line.startsWith(name))
        ?.slice(name.length)
        .trim()
        .split(/\s+/)[0],
    );
    return soft < upTo ? [`at most ${soft} ${felt}`] : [];
  });
  return [...(nice === 0 ? [] : [`nice ${nice}`]), ...limits];
}
