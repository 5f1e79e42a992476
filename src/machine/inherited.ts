import { textOf } from "../lib/file-text.ts";
import { statFields } from "../lib/host.ts";

/** Limits that users notice, by their names in proc_pid_limits(5), and the number from which on they do not. */
const NOTICEABLE: readonly (readonly [name: string, unit: string, upTo: number])[] = [
  ["Max cpu time", "seconds of CPU time", Number.POSITIVE_INFINITY],
  ["Max file size", "bytes in a file", Number.POSITIVE_INFINITY],
  ["Max data size", "bytes of data", Number.POSITIVE_INFINITY],
  ["Max resident set", "bytes of memory", Number.POSITIVE_INFINITY],
  ["Max address space", "bytes of address space", Number.POSITIVE_INFINITY],
  ["Max open files", "open files", 1_024],
];
/** The index of the nice value in /proc/PID/stat, counted after the name (proc_pid_stat(5)). */
const NICE = 16;

/** The nice value and limits that slow or end the children of a process, in words; empty for none, and where they cannot be read. */
export function inheritedFrom(pid: number): string[] {
  const nice = Number(statFields(textOf(`/proc/${pid}/stat`) ?? "")[NICE] ?? 0);
  const lines = (textOf(`/proc/${pid}/limits`) ?? "").split("\n");
  const limits = NOTICEABLE.flatMap(([name, unit, upTo]) => {
    const soft = Number(
      lines
        .find((line) => line.startsWith(name))
        ?.slice(name.length)
        .trim()
        .split(/\s+/)[0],
    );
    return soft < upTo ? [`at most ${soft} ${unit}`] : [];
  });
  return [...(nice === 0 ? [] : [`nice ${nice}`]), ...limits];
}
