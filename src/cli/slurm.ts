import { own } from "../lib/own.ts";

/** The values of flags as sbatch(1) has them, in our words; what is none of them stays as it is, for the key's own reader to refuse. */

/** `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours[:minutes[:seconds]]`, as sbatch(1) has them. */
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

/** A bare number is megabytes there; `K`, `M`, `G`, `T` are binary in both. */
export function sizeFromSlurm(text: string): string {
  return /^\d+$/.test(text) ? `${text}M` : text;
}

/** `now+1hour` is our `1h`; a clock time or a date is written alike. */
export function momentFromSlurm(text: string): string {
  const match = /^now\+(\d+)(second|minute|hour|day|week)?s?$/.exec(text);
  if (match === null) return text;
  const amount = Number(match[1]);
  const unit = match[2] ?? "second";
  if (unit === "week") return `${amount * 7}d`;
  return `${amount}${unit[0]}`;
}

const KEYS: Readonly<Record<string, string>> = {
  afterok: "after",
  afterany: "afterAny",
  afternotok: "afterFailed",
};

/** `afterok:12:13,afterany:9`: our keys with the tasks that each names; null for anything else. */
export function parentsFromSlurm(list: string): Record<string, string[]> | null {
  const parents: Record<string, string[]> = {};
  for (const part of list.split(",")) {
    const [type = "", ...tasks] = part.split(":");
    const key = own(KEYS, type);
    if (key === undefined || tasks.length === 0) return null;
    parents[key] = [...(parents[key] ?? []), ...tasks];
  }
  return parents;
}
