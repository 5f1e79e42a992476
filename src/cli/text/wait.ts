import { shortSilence, silenceLines } from "../../desk/text/silence.ts";
import { localTime, relativeTime } from "../../desk/text/time.ts";
import { unreachable } from "../../lib/unreachable.ts";
import { describeRequirement } from "../../model/selector.ts";
import type { UnmetParent } from "../../plan/gate.ts";
import { describePause, type Pause } from "../../plan/pause.ts";
import { describeShortage } from "../../plan/shortage.ts";
import type { Wait } from "../../plan/waiting.ts";
import { type Holders, nameOfShortage, shortageLines } from "./shortage.ts";

/** Why a task waits, in a few words for a table. */
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
      return "nothing starts for now";
    case "untaken":
      return "not taken in yet";
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

/** What a sentence about a wait may have to name. */
export interface WaitContext {
  readonly nowMs: number;
  /** The task's number, for the commands that are proposed. */
  readonly id: string;
  readonly holders: Holders;
}

/** Why a task waits, in sentences, with what would free it. */
export function longWait(wait: Wait, around: WaitContext): string[] {
  const { nowMs, id } = around;
  switch (wait.type) {
    case "held":
      return ["It is held and does not start by itself.", `To let it start: stint release ${id}`];
    case "dependency":
      return dependencyLines(wait.parents, id);
    case "selector":
      return [
        `It is for a supervisor with the label ${describeRequirement(wait.wanted)}, which this one is not.`,
        "To start one that is: stint up --label KEY=VALUE (stint down ends the present one)",
      ];
    case "scheduled":
      return [
        `It was asked to start not before ${localTime(wait.untilMs, nowMs)} (${relativeTime(wait.untilMs, nowMs)}).`,
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
      return [`It is ready, and nothing starts for now: ${wait.message}.`, "It is tried again by itself."];
    case "untaken":
      return [
        `It is accepted, and the supervisor has not taken it in yet${wait.message === null ? "" : `: ${wait.message}`}.`,
        "It is tried again by itself.",
      ];
    case "pause":
      return [`It is ready: ${describePause(wait.pause, nowMs)}.`, pauseAdvice(wait.pause)];
    case "lane":
      return [
        `In the lane ${wait.slot}, ${wait.limit === 1 ? "one task runs" : `${wait.limit} tasks run`} at a time, and before it there ${wait.before.length === 1 ? "is" : "are"} ${shortList(wait.before)}.`,
        `More at a time: concurrency: {slots: {${wait.slot}: ${wait.limit + 1}}} in config.yaml, read when a supervisor starts`,
      ];
    case "permit":
      return [`At most ${wait.limit} of ${wait.key} run at a time, and so many do.`];
    case "room":
      if (!wait.isHopeless)
        return [...wait.short.flatMap((short) => shortageLines(short, around)), ...turnLines(wait)];
      return [
        ...wait.short.map((short) => `It ${describeShortage(short)}.`),
        "It can never start here: cancel it, or change what it asks for.",
      ];
    case "next":
      return ["Nothing is in its way: it starts next."];
    default:
      return unreachable(wait);
  }
}

function pauseAdvice(pause: Pause): string {
  if (pause.type === "closed" || pause.type === "closing")
    return "The next supervisor starts it: stint up --detach";
  return "What is waited for is laid down in config.yaml, under work.";
}

function turnLines(wait: Extract<Wait, { type: "room" }>): string[] {
  const kept = wait.keptFor === null ? [] : [`Room is kept for ${wait.keptFor}, which has waited for long.`];
  if (wait.ahead === 0) return [...kept, "It is the next in turn."];
  const many = wait.ahead === 1 ? "One ready task comes" : `${wait.ahead} ready tasks come`;
  return [...kept, `${many} before it, by priority, waiting time or number.`];
}

/** Parents that are told of one by one, where they stand in the way. */
const MAX_TOLD = 5;

function dependencyLines(parents: readonly UnmetParent[], id: string): string[] {
  const bad = parents.filter(({ state }) => state !== "unfinished");
  const open = parents.filter(({ state }) => state === "unfinished");
  const [only] = open;
  const waiting =
    open.length > 1
      ? [`It starts once these have ended as it wants: ${shortList(open.map(({ task }) => task))}.`]
      : [];
  const more =
    bad.length > MAX_TOLD ? [`${bad.length - MAX_TOLD} more of its parents have ended otherwise.`] : [];
  return [
    ...bad.slice(0, MAX_TOLD).flatMap((parent) => parentLines(parent, id)),
    ...more,
    ...(open.length === 1 && only !== undefined ? parentLines(only, id) : waiting),
  ];
}

function parentLines({ task, when, state }: UnmetParent, id: string): string[] {
  const wanted = { success: "has succeeded", any: "has ended", failure: "has failed" }[when];
  if (state === "unfinished") return [`It starts once ${task} ${wanted}.`];
  const is = state === "gone" ? "its record was removed" : `it is ${state}`;
  const line = `It was to start once ${task} ${wanted}, but ${is}.`;
  if (state === "completed" || state === "gone") return [line, `To call it off: stint cancel ${id}`];
  return [line, `To go on: stint retry ${Number.parseInt(task, 10)}   To call it off: stint cancel ${id}`];
}

function shortParents(parents: readonly UnmetParent[]): string {
  const bad = parents.find(({ state }) => state !== "unfinished");
  if (bad !== undefined) return `${bad.task}, which is ${bad.state}`;
  return shortList(parents.map(({ task }) => task));
}

function shortList(ids: readonly string[]): string {
  return ids.length <= 2 ? ids.join(" and ") : `${ids[0]} and ${ids.length - 1} others`;
}
