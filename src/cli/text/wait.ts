import { shortSilence, silenceLines } from "../../desk/text/silence.ts";
import { localTime, relativeTime } from "../../desk/text/time.ts";
import { counted } from "../../lib/counted.ts";
import { unreachable } from "../../lib/unreachable.ts";
import { describeRequirement } from "../../model/selector.ts";
import type { UnmetParent } from "../../plan/gate.ts";
import { describePause, type Pause } from "../../plan/pause.ts";
import { describeShortage } from "../../plan/shortage.ts";
import type { Wait } from "../../plan/waiting.ts";
import { type Holders, nameOfShortage, shortageLines } from "./shortage.ts";

/** Why a task waits, as a clause for a table. */
export function shortWait(wait: Wait, nowMs: number): string {
  switch (wait.type) {
    case "held":
      return "held";
    case "dependency":
      return `after ${shortParents(wait.parents)}`;
    case "selector":
      return `wants a supervisor with ${describeRequirement(wait.wanted)}`;
    case "scheduled":
      return `not before ${localTime(wait.untilMs, nowMs)}`;
    case "backoff":
      return `next attempt ${relativeTime(wait.untilMs, nowMs)}`;
    case "interval":
      return `runs again ${relativeTime(wait.untilMs, nowMs)}`;
    case "unsupervised":
      return "no supervisor is up";
    case "silent":
      return shortSilence(wait.by);
    case "obstacle":
      return "no job starts at present";
    case "untaken":
      return "accepted, not in the queue yet";
    case "pause":
      return describePause(wait.pause, nowMs);
    case "lane":
      return `lane ${wait.slot}, behind ${shortList(wait.before)}`;
    case "permit":
      return `${wait.limit} of ${wait.key} at a time`;
    case "room": {
      const what = `waits for ${wait.short.map(nameOfShortage).join(" and ")}`;
      if (wait.isHopeless) return `${what}, which this machine does not have`;
      return wait.ahead > 0 ? `${what}, ${wait.ahead} ahead` : what;
    }
    case "next":
      return "starts next";
    default:
      return unreachable(wait);
  }
}

/** What the sentences about a wait refer to. */
export interface WaitContext {
  readonly nowMs: number;
  /** The task's number, for the commands that are proposed. */
  readonly id: string;
  readonly holders: Holders;
}

/** Why a task waits, in sentences, and what would let it start. */
export function longWait(wait: Wait, around: WaitContext): string[] {
  const { nowMs, id } = around;
  switch (wait.type) {
    case "held":
      return ["It is held and does not start by itself.", `To let it start: stint release ${id}`];
    case "dependency":
      return dependencyLines(wait.parents, id);
    case "selector":
      return [
        `It needs a supervisor with the label ${describeRequirement(wait.wanted)}, which this one does not have.`,
        "To start one: stint up --label KEY=VALUE (stint down ends the present one)",
      ];
    case "scheduled":
      return [
        `It starts no earlier than ${localTime(wait.untilMs, nowMs)} (${relativeTime(wait.untilMs, nowMs)}).`,
      ];
    case "backoff":
      return [
        `Its last attempt failed; the next one starts ${relativeTime(wait.untilMs, nowMs)}, at ${localTime(wait.untilMs, nowMs)}.`,
        `To start it now: stint retry ${id}`,
      ];
    case "interval":
      return [`It succeeded and restarts always; it runs again ${relativeTime(wait.untilMs, nowMs)}.`];
    case "unsupervised":
      return [
        "No supervisor is up, so nothing starts.",
        "To start one: stint up --detach (or stint drain, to work until nothing is left)",
      ];
    case "silent":
      return silenceLines(wait.by, nowMs);
    case "obstacle":
      return [
        `It is ready, but no job starts at present: ${wait.message}.`,
        "This is retried automatically.",
      ];
    case "untaken":
      return [
        `It is accepted, but the supervisor has not moved it into the queue yet${wait.message === null ? "" : `: ${wait.message}`}.`,
        "This is retried automatically.",
      ];
    case "pause":
      return [`It is ready: ${describePause(wait.pause, nowMs)}.`, pauseAdvice(wait.pause)];
    case "lane":
      return [
        `The lane ${wait.slot} runs ${counted(wait.limit, "task")} at a time; before it: ${shortList(wait.before)}.`,
        `More at a time: concurrency: {slots: {${wait.slot}: ${wait.limit + 1}}} in config.yaml, read when a supervisor starts`,
      ];
    case "permit":
      return [`At most ${wait.limit} of ${wait.key} may run at a time, and that many are running.`];
    case "room":
      if (!wait.isHopeless)
        return [...wait.short.flatMap((short) => shortageLines(short, around)), ...turnLines(wait)];
      return [
        ...wait.short.map((short) => `It ${describeShortage(short)}.`),
        "It can never start on this machine: cancel it, or change what it asks for.",
      ];
    case "next":
      return ["It starts next."];
    default:
      return unreachable(wait);
  }
}

function pauseAdvice(pause: Pause): string {
  if (pause.type === "closed" || pause.type === "closing")
    return "The next supervisor may start it: stint up --detach";
  return "The rule is in config.yaml, under work.";
}

function turnLines(wait: Extract<Wait, { type: "room" }>): string[] {
  const kept =
    wait.keptFor === null
      ? []
      : [`Resources are reserved for ${wait.keptFor}, which has waited for a long time.`];
  if (wait.ahead === 0) return [...kept, "It is next in line."];
  const many = wait.ahead === 1 ? "One ready task comes" : `${wait.ahead} ready tasks come`;
  return [...kept, `${many} before it, by priority, waiting time or number.`];
}

/** How many parents with another outcome are listed. */
const MAX_LISTED = 5;

function dependencyLines(parents: readonly UnmetParent[], id: string): string[] {
  const bad = parents.filter(({ state }) => state !== "unfinished");
  const open = parents.filter(({ state }) => state === "unfinished");
  const [only] = open;
  const waiting =
    open.length > 1
      ? [`It starts once these have ended as required: ${shortList(open.map(({ task }) => task))}.`]
      : [];
  const more =
    bad.length > MAX_LISTED ? [`${bad.length - MAX_LISTED} more of its parents have ended otherwise.`] : [];
  return [
    ...bad.slice(0, MAX_LISTED).flatMap((parent) => parentLines(parent, id)),
    ...more,
    ...(open.length === 1 && only !== undefined ? parentLines(only, id) : waiting),
  ];
}

function parentLines({ task, when, state }: UnmetParent, id: string): string[] {
  const wanted = { success: "has succeeded", any: "has ended", failure: "has failed" }[when];
  if (state === "unfinished") return [`It starts once ${task} ${wanted}.`];
  const is = state === "gone" ? "its record was removed" : `it is ${state}`;
  const line = `It was to start once ${task} ${wanted}, but ${is}.`;
  if (state === "completed" || state === "gone") return [line, `To cancel it: stint cancel ${id}`];
  return [
    line,
    `To retry the parent: stint retry ${Number.parseInt(task, 10)}   To cancel this one: stint cancel ${id}`,
  ];
}

function shortParents(parents: readonly UnmetParent[]): string {
  const bad = parents.find(({ state }) => state !== "unfinished");
  if (bad !== undefined) return `${bad.task}, which is ${bad.state}`;
  return shortList(parents.map(({ task }) => task));
}

function shortList(ids: readonly string[]): string {
  return ids.length <= 2 ? ids.join(" and ") : `${ids[0]} and ${ids.length - 1} others`;
}
