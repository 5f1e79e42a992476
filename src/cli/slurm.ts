import { own } from "../lib/own.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";

/** What sbatch(1) calls some of our flags; only those whose meaning is the same. */
export const SLURM_FLAGS: Readonly<
  Record<string, { readonly flag: string; readonly convert: (text: string) => string }>
> = {
  jobName: { flag: "name", convert: (text) => text },
  time: { flag: "timeout", convert: durationFromSlurm },
  mem: { flag: "memory", convert: sizeFromSlurm },
  begin: { flag: "at", convert: momentFromSlurm },
};

/** `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours[:minutes[:seconds]]`, as sbatch(1) has them. */
function durationFromSlurm(text: string): string {
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
function sizeFromSlurm(text: string): string {
  return /^\d+$/.test(text) ? `${text}M` : text;
}

/** `now+1hour` is our `1h`; a clock time or a date is written alike. */
function momentFromSlurm(text: string): string {
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

/** `afterok:12:13,afterany:9`: our keys with the tasks that each names. */
export function parentsFromSlurm(list: string): Result<Record<string, string[]>, Problem> {
  const parents: Record<string, string[]> = {};
  for (const part of list.split(",")) {
    const [type = "", ...tasks] = part.split(":");
    const key = own(KEYS, type);
    if (key === undefined || tasks.length === 0) {
      const wanted = "wanted afterok:ID, afterany:ID or afternotok:ID, with commas between them";
      return err(problem("USAGE", `Cannot read --dependency "${list}": ${wanted}`));
    }
    parents[key] = [...(parents[key] ?? []), ...tasks];
  }
  return ok(parents);
}
