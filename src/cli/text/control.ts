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

const TITLES = ["LIMIT OF", "RUNNING", "LIMIT", "SET BY"];

/** The rows of a table of limits, with its titles. */
export function limitRows(limits: readonly LimitSeen[]): string[][] {
  return [TITLES, ...limits.map((one) => [nameOf(one), String(one.running), limitOf(one), sourceOf(one)])];
}

function nameOf({ kind, name }: LimitSeen): string {
  return name === null
    ? { jobs: "jobs", gpus: "GPUs", lane: "lane", label: "label" }[kind]
    : `${kind} ${name}`;
}

function limitOf({ limit }: Pick<LimitSeen, "limit">): string {
  return typeof limit === "number" ? String(limit) : describeGpuNames(limit);
}

function sourceOf({ kind, from, instead }: LimitSeen): string {
  const own = from === "default" ? defaultOf(kind) : SOURCES[from];
  return instead === null || instead.from === "default"
    ? own
    : `${own}, instead of ${limitOf(instead)} (${SOURCES[instead.from]})`;
}

const SOURCES = {
  config: "config.yaml",
  flag: "--jobs",
  lasting: "stint jobs",
  untilRestart: "stint jobs, until the restart",
} as const;

function defaultOf(kind: LimitSeen["kind"]): string {
  return kind === "jobs" ? "default: one for each core" : "default";
}
