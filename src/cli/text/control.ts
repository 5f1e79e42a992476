import type { Control } from "../../desk/control.ts";
import type { LimitSeen } from "../../desk/limits-seen.ts";
import { localTime } from "../../lib/local-time.ts";
import {
  describeBounds,
  describeGpuNames,
  describeRefusal,
  isEmpty,
  type QueuePause,
} from "../../model/overrides.ts";

/** Why nothing starts, and how to go on. */
export function pausedLines({ by, at }: QueuePause, nowMs: number): [what: string, advice: string] {
  return [
    `The queue is paused by ${by} since ${localTime(at, nowMs)}: nothing starts.`,
    "To go on: stint resume",
  ];
}

/** What was changed of the queue as a whole, and what is wrong with its settings; a line for each, none where all is as usual. */
export function controlLines({ paused, changed, refused }: Control, nowMs: number): string[] {
  return [
    ...(paused === null ? [] : [pausedLines(paused, nowMs).join(" ")]),
    ...(isEmpty(changed) ? [] : [`Changed by stint jobs: ${describeBounds(changed)}. See stint jobs.`]),
    ...(refused === null ? [] : [`${describeRefusal(refused)}. See stint doctor.`]),
  ];
}

const TITLES = ["LIMIT OF", "RUNNING", "LIMIT", "SET BY", "INSTEAD OF"];

/** The rows of a table of limits, with its titles. */
export function limitRows(limits: readonly LimitSeen[]): string[][] {
  const rows = limits.map((one) => [
    nameOf(one),
    String(one.running),
    limitOf(one),
    SOURCES[one.from],
    one.instead === null ? "" : `${limitOf(one.instead)} (${SOURCES[one.instead.from]})`,
  ]);
  const isAnyInstead = limits.some(({ instead }) => instead !== null);
  return [TITLES, ...rows].map((row) => (isAnyInstead ? row : row.slice(0, -1)));
}

function nameOf({ kind, name }: LimitSeen): string {
  if (name !== null) return `${kind} ${name}`;
  return kind === "gpus" ? "GPUs" : kind;
}

function limitOf({ limit }: Pick<LimitSeen, "limit">): string {
  return typeof limit === "number" ? String(limit) : describeGpuNames(limit);
}

const SOURCES = {
  default: "default",
  config: "config.yaml",
  flag: "--jobs",
  lasting: "stint jobs",
  untilRestart: "until restart",
} as const;
