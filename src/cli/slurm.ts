import { own } from "../lib/own.ts";

/** Converts values of flags from the syntax of sbatch(1); any other text is returned as it is, and the reader of the key refuses it. */

/** `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours[:minutes[:seconds]]`, as in sbatch(1). */
export function durationFromSlurm(text: string): string {
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(text);
  if (match === null) return text;
  const [, days, first = "0", second, third] = match;
  const parts =
    days !== undefined
      ? { d: days, h: first, m: second, s: third }
      : third !== undefined
        ? { h: first, m: second, s: third }
        : { m: first, s: second };
  const written = Object.entries(parts).filter(([, amount]) => amount !== undefined && Number(amount) > 0);
  return written.map(([unit, amount]) => `${Number(amount)}${unit}`).join("");
}

/** The spellings that cannot mean anything else: `hours:minutes:seconds`, and those with days. */
export function durationFromClock(text: string): string {
  return /^\d+:\d+:\d+$|^\d+-\d/.test(text) ? durationFromSlurm(text) : text;
}

/** In sbatch(1) a bare number is megabytes; `K`, `M`, `G`, `T` are binary there and here. */
export function sizeFromSlurm(text: string): string {
  return /^\d+$/.test(text) ? `${text}M` : text;
}

/** `now+1hour` becomes `1h`; clock times and dates are the same there and here. */
export function momentFromSlurm(text: string): string {
  const match = /^now\+(\d+)(second|minute|hour|day|week)?s?$/.exec(text);
  if (match === null) return text;
  const amount = Number(match[1]);
  const unit = match[2] ?? "second";
  if (unit === "week") return `${amount * 7}d`;
  return `${amount}${unit[0]}`;
}

/** What no name of a task is taken for. */
const TYPES: ReadonlySet<string> = new Set(
  " after afterok afterany afternotok aftercorr singleton".split(" "),
);

const KEYS: Readonly<Record<string, string>> = {
  afterok: "after",
  afterany: "afterAny",
  afternotok: "afterFailed",
};

/** `gpu:2`, `gpu:a100:2` or `gpu`: the keys of the task file; null for anything else. */
export function gpusFromSlurm(text: string): Record<string, string> | null {
  const match = /^gpu(?::([a-zA-Z][^:,]*))?(?::(\d+))?$/.exec(text);
  if (match === null) return null;
  const [, model, count = "1"] = match;
  return { gpus: count, ...(model !== undefined && { gpuModel: model }) };
}

/** `afterok:12:13,afterany:9`, or tasks alone as in `12,13`: the keys of the task file with the tasks of each; null for anything else. */
export function parentsFromSlurm(list: string): Record<string, string[]> | null {
  const parents: Record<string, string[]> = {};
  for (const part of list.split(",")) {
    const [type = "", ...tasks] = part.split(":");
    const isBare = tasks.length === 0 && !TYPES.has(type);
    const key = isBare ? "after" : own(KEYS, type);
    if (key === undefined || (!isBare && tasks.length === 0)) return null;
    parents[key] = [...(parents[key] ?? []), ...(isBare ? [type] : tasks)];
  }
  return parents;
}
