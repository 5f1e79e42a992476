import type { Control } from "../../desk/control.ts";
import type { LimitSeen } from "../../desk/limits-seen.ts";
import { counted } from "../../lib/counted.ts";
import { localTime } from "../../lib/local-time.ts";
import {
  type Bounds,
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

/** A pause of the queue, and what is wrong with its settings; a line for each, none where all is as usual. */
export function controlLines({ paused, refused, fault }: Omit<Control, "changed">, nowMs: number): string[] {
  return [
    ...(paused === null ? [] : [pausedLines(paused, nowMs).join(" ")]),
    ...(fault === null ? [] : [`${fault}. See stint doctor.`]),
    ...(refused === null ? [] : [`${describeRefusal(refused)}. See stint doctor.`]),
  ];
}

/** The limits that were changed at run time and keep tasks waiting, in a line; none where there is no such limit. */
export function limitLines(felt: Bounds): string[] {
  const { jobs, ...others } = felt;
  if (!isEmpty(others)) return [`Tasks wait for limits set by stint jobs: ${describeBounds(felt)}.`];
  if (jobs === undefined) return [];
  return [`At most ${counted(jobs, "job")} ${jobs === 1 ? "runs" : "run"} at a time (set with stint jobs).`];
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
