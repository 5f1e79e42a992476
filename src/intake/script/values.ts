import { own } from "../../lib/own.ts";

/** Converts values of sbatch(1) to those of the task file; null for a text that sbatch refuses too, or that one machine cannot mean. */

/** For no limit. */
const ENDLESS = /^(?:UNLIMITED|INFINITE|0+(?:[-:]0+)*)$/i;

/**
 * `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours[:minutes[:seconds]]`; the empty text for no limit.
 */
export function durationFromSlurm(text: string): string | null {
  if (ENDLESS.test(text)) return "";
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(text);
  if (match === null) return null;
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

/** The spellings that cannot mean anything else: `hours:minutes:seconds`, and those with days. Any other text is returned as it is. */
export function durationFromClock(text: string): string {
  return /^\d+:\d+:\d+$|^\d+-\d/.test(text) ? (durationFromSlurm(text) ?? text) : text;
}

const KIBIBYTES: Readonly<Record<string, number>> = { K: 1, M: 1_024, G: 1_024 ** 2, T: 1_024 ** 3 };

/** A size in KiB. In sbatch(1) a bare number is megabytes, and all units are binary. */
export function kibibytesFromSlurm(text: string): number | null {
  const [, amount, unit = "M"] = /^(\d+(?:\.\d+)?)\s*([KMGT])?(?:i?B)?$/i.exec(text) ?? [];
  if (amount === undefined) return null;
  return Math.ceil(Number(amount) * (KIBIBYTES[unit.toUpperCase()] ?? Number.NaN));
}

/** KiB as the largest unit that they fill: `16G`. */
export function sizeOf(kibibytes: number): string {
  const [unit, size] =
    Object.entries(KIBIBYTES).findLast(([, one]) => kibibytes >= one && kibibytes % one === 0) ?? [];
  return `${kibibytes / (size ?? 1)}${unit ?? "K"}`;
}

const TIMES: Readonly<Record<string, string>> = {
  midnight: "00:00",
  noon: "12:00",
  fika: "15:00",
  teatime: "16:00",
};

/** `now+1hour` becomes `1h`; other times and dates are the same there and here. */
export function momentFromSlurm(text: string): string {
  const match = /^now\+(\d+)(second|minute|hour|day|week)?s?$/i.exec(text);
  if (match !== null) {
    const amount = Number(match[1]);
    const unit = (match[2] ?? "second").toLowerCase();
    return unit === "week" ? `${amount * 7}d` : `${amount}${unit[0]}`;
  }
  const [, hour, rest = ":00", half] = /^(1[0-2]|0?\d)(:\d\d(?::\d\d)?)?\s*([AP])M$/i.exec(text) ?? [];
  if (hour !== undefined)
    return `${(Number(hour) % 12) + (half?.toUpperCase() === "P" ? 12 : 0)}`.padStart(2, "0") + rest;
  return own(TIMES, text.toLowerCase()) ?? text;
}

/** GPUs: how many, and which part of a name they need. */
export interface GpusAsked {
  readonly gpus: number;
  readonly gpuModel?: string;
}

/** `2` or `a100:2`. */
export function gpuCountFromSlurm(text: string): GpusAsked | null {
  const [, model, count] = /^(?:([a-z][^:,]*):)?(\d{1,6})$/i.exec(text) ?? [];
  if (count === undefined) return null;
  return { gpus: Number(count), ...(model !== undefined && { gpuModel: model }) };
}

/** `gpu:2`, `gpu:a100:2`, `gpu` or `none`, beside other resources; `others` are those that stint does not know. */
export function gresFromSlurm(
  text: string,
): { readonly asked: GpusAsked | null; readonly others: string[] } | null {
  const parts = text.split(",").map((part) => part.trim());
  const others = parts.filter((part) => !/^(?:gres[/:])?gpu(?::|$)/.test(part) && part !== "none");
  const [gpus, ...more] = parts.filter((part) => /^(?:gres[/:])?gpu(?::|$)/.test(part));
  if (text === "" || more.length > 0) return null;
  if (gpus === undefined) return { asked: null, others };
  // The sockets in brackets that squeue shows.
  const wanted = gpus.replace(/^(?:gres[/:])?gpu:?/, "").replace(/\(.*\)$/, "");
  const asked = gpuCountFromSlurm(
    /(^|:)\d+$/.test(wanted) ? wanted : `${wanted === "" ? "" : `${wanted}:`}1`,
  );
  return asked === null ? null : { asked, others };
}

/** What no name of a task is taken for. */
const TYPES: ReadonlySet<string> = new Set([
  "",
  "after",
  "afterok",
  "afterany",
  "afternotok",
  "aftercorr",
  "afterburstbuffer",
  "singleton",
]);

const KEYS: Readonly<Record<string, string>> = {
  afterok: "after",
  afterany: "afterAny",
  afternotok: "afterFailed",
};

/**
 * `afterok:12:13,afterany:9`, or tasks alone as in `12,13`, which go with the type before them: the keys of the task file with the tasks
 * of each, and whether `singleton` is among them.
 */
export function dependencyFromSlurm(
  list: string,
): { readonly parents: Record<string, string[]>; readonly isSingleton: boolean } | null {
  // As there, `?` in place of commas: one of them is enough.
  if (list.includes("?")) return choiceFromSlurm(list);
  const parents: Record<string, string[]> = {};
  let isSingleton = false;
  let current = "after";
  for (const part of list.split(/[,\n]+/)) {
    const [type = "", ...tasks] = part.split(":");
    if (part === "singleton") {
      isSingleton = true;
      continue;
    }
    const isBare = tasks.length === 0 && !TYPES.has(type);
    const key = isBare ? current : own(KEYS, type);
    if (key === undefined || (!isBare && (tasks.length === 0 || tasks.includes("")))) return null;
    current = key;
    parents[key] = [...(parents[key] ?? []), ...(isBare ? [type] : tasks)];
  }
  return { parents, isSingleton };
}

/** `afterok:12?afterok:13:14`; for another end of one of several there is no key. */
function choiceFromSlurm(list: string): ReturnType<typeof dependencyFromSlurm> {
  const parts = list.split("?").map((part) => part.split(":"));
  if (list.includes(",") || !parts.every(([type, ...tasks]) => type === "afterok" && areTasks(tasks)))
    return null;
  return { parents: { afterOneOf: parts.flatMap(([, ...tasks]) => tasks) }, isSingleton: false };
}

function areTasks(tasks: readonly string[]): boolean {
  return tasks.length > 0 && !tasks.includes("");
}

/** Variables of a shell in which nothing of the submitter's session is. */
const OF_LOGIN = ["HOME", "USER", "LOGNAME", "SHELL", "LANG", "PATH"];

/** `ALL`, `NONE`, `NIL`, names to inherit and `NAME=VALUE`, with commas between them. */
export function exportFromSlurm(text: string): {
  readonly environment?: "clear" | readonly string[];
  readonly env?: Readonly<Record<string, string>>;
} {
  // A value in quotes may have commas.
  const parts = [...text.matchAll(/(?:[^,'"]|'[^']*'|"[^"]*")+/g)].map(([part]) => part);
  const pairs = parts.filter((part) => part.includes("="));
  const names = parts.filter((part) => !part.includes("=") && !/^(?:ALL|NONE|NIL)$/i.test(part));
  const has = (word: string): boolean => parts.some((part) => part.toUpperCase() === word);
  const env = Object.fromEntries(
    pairs.map((pair) => [
      pair.slice(0, pair.indexOf("=")),
      pair.slice(pair.indexOf("=") + 1).replaceAll(/^(['"])(.*)\1$/g, "$2"),
    ]),
  );
  return {
    ...(has("NIL") && { environment: "clear" as const }),
    ...(!has("ALL") && !has("NIL") && { environment: [...new Set([...OF_LOGIN, ...names])] }),
    ...(pairs.length > 0 && { env }),
  };
}
