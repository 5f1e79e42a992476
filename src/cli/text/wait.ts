import { shortSilence, silenceLines } from "../../desk/text/silence.ts";
import { timestamp } from "../../lib/clock.ts";
import { counted } from "../../lib/counted.ts";
import { typedDuration } from "../../lib/duration.ts";
import { localTime, relativeTime } from "../../lib/local-time.ts";
import { rangesOf } from "../../lib/ranges.ts";
import { shellWord } from "../../lib/shell-text.ts";
import { numberOf } from "../../model/identity.ts";
import { describeRequirement, type Requirement } from "../../model/selector.ts";
import { type HeldBy, howParentEnded, type UnmetParent } from "../../plan/gate.ts";
import { describePause, type Pause } from "../../plan/pause.ts";
import { describeShortage } from "../../plan/shortage.ts";
import type { Wait } from "../../plan/waiting.ts";
import { pausedLines } from "./control.ts";
import { shortRanges } from "./many.ts";
import { type Holders, nameOfShortage, shortageLines } from "./shortage.ts";

/** Why a task waits, as a clause for a table. */
export function shortWait(wait: Wait, nowMs: number): string {
  switch (wait.type) {
    case "held":
      return wait.by === undefined ? "held" : `held: ${quickFailures(wait.by)}`;
    case "dependency":
      return `waits for ${shortParents(wait.parents)}`;
    case "selector":
      return `needs a supervisor with label ${describeRequirement(wait.wanted)}`;
    case "scheduled":
      return `scheduled to start at ${localTime(wait.untilMs, nowMs)}`;
    case "backoff":
      return `retries ${relativeTime(wait.untilMs, nowMs)}`;
    case "preflight":
      return `asked again ${relativeTime(wait.untilMs, nowMs)}`;
    case "interval":
      return `runs again ${relativeTime(wait.untilMs, nowMs)}`;
    case "unsupervised":
      return "no supervisor is running";
    case "silent":
      return shortSilence(wait.by);
    case "obstacle":
      return "no job can start: see stint doctor";
    case "untaken":
      return "accepted, being queued";
    case "pause":
      return wait.pause.type === "paused" ? "queue paused" : describePause(wait.pause, nowMs);
    case "lane":
      return `in lane "${wait.slot}" (limit ${wait.limit}) behind ${shortList(wait.before)}`;
    case "permit":
      return `${wait.key} is at its limit of ${wait.limit}`;
    case "room": {
      const what = `waits for ${wait.short.map(nameOfShortage).join(" and ")}`;
      if (wait.isHopeless)
        return `needs more than this machine has: ${wait.short.map(describeShortage).join("; ")}`;
      return wait.ahead > 0 ? `${what}, ${wait.ahead} ahead` : what;
    }
    case "next":
      return "starts next";
  }
}

/** What the sentences about a wait refer to. */
export interface WaitContext {
  readonly nowMs: number;
  /** The task's number, for the commands that are proposed; ranges of numbers for several. */
  readonly id: string;
  /** True where the places in the queue are those of several tasks. */
  readonly areMany?: boolean;
  readonly holders: Holders;
}

/** Why a task waits, in sentences, and what would let it start. */
export function longWait(wait: Wait, around: WaitContext): string[] {
  const { nowMs, id, areMany = false } = around;
  switch (wait.type) {
    case "held":
      if (wait.by !== undefined) return heldBySweepLines(wait.by, { id, areMany });
      return areMany
        ? ["They are held: they start once released.", `Release them: stint release ${id}`]
        : ["It is held: it starts once released.", `Release it: stint release ${id}`];
    case "dependency":
      return dependencyLines(wait.parents, id);
    case "selector":
      return selectorLines(wait.wanted);
    case "scheduled":
      return [
        `Scheduled to start at ${localTime(wait.untilMs, nowMs)} (${relativeTime(wait.untilMs, nowMs)}).`,
      ];
    case "backoff":
      return [
        `The last attempt failed. The next one starts ${relativeTime(wait.untilMs, nowMs)}, at ${localTime(wait.untilMs, nowMs)}.`,
        `Start it now: stint retry ${id}`,
      ];
    case "preflight":
      return preflightLines(wait.untilMs, around);
    case "interval":
      return [`It succeeded, and restart: always runs it again ${relativeTime(wait.untilMs, nowMs)}.`];
    case "unsupervised":
      return [
        "No supervisor is running: nothing starts.",
        "Start one: stint up --detach (or run everything once: stint drain)",
      ];
    case "silent":
      return silenceLines(wait.by, nowMs);
    case "obstacle":
      return [`Ready, but no job can start: ${wait.message}.`, "The supervisor tries again by itself."];
    case "untaken":
      return [
        `Accepted, but not in the queue yet${wait.message === null ? "" : `: ${wait.message}`}.`,
        "The supervisor tries again by itself.",
      ];
    case "pause":
      if (wait.pause.type === "paused") {
        const { by, atMs } = wait.pause;
        return pausedLines({ by, at: timestamp(atMs) }, nowMs);
      }
      return [`Ready, but ${describePause(wait.pause, nowMs)}.`, pauseAdvice(wait.pause)];
    case "lane":
      return [
        `Waiting in lane "${wait.slot}" (limit ${wait.limit}) behind ${shortList(wait.before)}.`,
        `Raise the limit: stint jobs --lane ${wait.slot}=${wait.limit + 1}, or concurrency: {slots: {${wait.slot}: ${wait.limit + 1}}} in config.yaml`,
      ];
    case "permit":
      return [
        `Waiting: ${wait.key} is at its limit of ${wait.key.startsWith("the number") ? wait.limit : counted(wait.limit, "running task")}.`,
        ...raiseLabelLimit(wait),
      ];
    case "room":
      if (!wait.isHopeless)
        return [
          ...wait.short.flatMap((short) => shortageLines(short, around)),
          ...(areMany ? [] : turnLines(wait)),
        ];
      return [
        ...wait.short.map((short) => `${areMany ? "Each" : "It"} ${describeShortage(short)}.`),
        `${areMany ? "They" : "It"} cannot start on this machine. Ask for less: stint set ${id} KEY=VALUE   or cancel ${areMany ? "them" : "it"}: stint cancel ${id}`,
      ];
    case "next":
      return ["Starts next."];
  }
}

function quickFailures({ failures, withinMs }: HeldBy): string {
  const ranges = shortRanges(rangesOf(failures.map(numberOf)));
  const who = counted(failures.length, "member");
  return `${who} in a row (${ranges}) failed within ${typedDuration(withinMs)}`;
}

function heldBySweepLines(by: HeldBy, { id, areMany }: { id: string; areMany: boolean }): string[] {
  const last = by.failures.at(-1);
  const why = last === undefined ? [] : [`See why: stint explain ${numberOf(last)}`];
  return [
    `${areMany ? "They are" : "It is"} held: of the sweep ${by.sweep}, ${quickFailures(by)}.`,
    ...why,
    `Then go on: stint retry --group ${by.id} --failed   and: stint release ${areMany ? `--group ${by.id}` : id}`,
  ];
}

function preflightLines(untilMs: number, { nowMs, id }: WaitContext): string[] {
  return [
    `Its preflight did not hold. It is asked again ${relativeTime(untilMs, nowMs)}, at ${localTime(untilMs, nowMs)}.`,
    `Ask now: stint retry ${id}`,
  ];
}

/** The limit of a sweep is a key of its file, and stays. */
function raiseLabelLimit({ key, limit }: Extract<Wait, { type: "permit" }>): string[] {
  const [, label] = /^label (.*)$/s.exec(key) ?? [];
  return label === undefined
    ? []
    : [`Raise the limit: stint jobs --label ${shellWord(`${label}=${limit + 1}`)}`];
}

function pauseAdvice(pause: Pause): string {
  if (pause.type === "closed" || pause.type === "closing")
    return "Start it after that with another supervisor: stint up --detach";
  return "The rule is `work:` in config.yaml.";
}

function turnLines(wait: Extract<Wait, { type: "room" }>): string[] {
  const kept =
    wait.keptFor === null ? [] : [`Resources are reserved for ${wait.keptFor}, which has waited long.`];
  if (wait.ahead === 0) return [...kept, "It is next in the queue."];
  return [...kept, `${counted(wait.ahead, "ready task is", "ready tasks are")} ahead of it in the queue.`];
}

function dependencyLines(parents: readonly UnmetParent[], id: string): string[] {
  const choice = parents.filter(({ when }) => when === "oneOf");
  if (choice.length > 1) {
    const others = parents.filter(({ when }) => when !== "oneOf");
    return [...choiceLines(choice, id), ...dependencyLines(others, id)];
  }
  const bad = parents.filter(({ state }) => state !== "unfinished");
  const open = parents.filter(({ state }) => state === "unfinished");
  const [only] = open;
  const waiting = open.length > 1 ? [`Waiting for ${shortList(open.map(({ task }) => task))}.`] : [];
  const alike = Map.groupBy(bad, ({ when, state }) => `${when} ${state}`);
  return [
    ...[...alike.values()].flatMap((those) => parentLines(those, id)),
    ...(open.length === 1 && only !== undefined ? parentLines([only], id) : waiting),
  ];
}

/** Of parents of which one is enough, those that may succeed yet; or all of them, of which none may. */
function choiceLines(parents: readonly UnmetParent[], id: string): string[] {
  const ranges = rangesOf(parents.map((parent) => numberOf(parent.task)));
  const who = `one of ${counted(parents.length, "task")} (${shortRanges(ranges)})`;
  if (parents.some(({ state }) => state === "unfinished")) return [`Waiting for ${who} to succeed.`];
  const ends = [...Map.groupBy(parents, ({ state }) => state)].map(
    ([state, those]) =>
      `${shortRanges(rangesOf(those.map((parent) => numberOf(parent.task))))} ${howParentEnded(state)}`,
  );
  const again = rangesOf(
    parents.filter(({ state }) => state !== "gone").map((parent) => numberOf(parent.task)),
  );
  const retry = again.length > 0 ? `Retry one: stint retry ${again[0]?.split("-")[0]}   or cancel` : "Cancel";
  return [
    `Waiting for ${who} to succeed, but none did: ${ends.join(", ")}.`,
    `${retry} this one: stint cancel ${id}`,
  ];
}

/** Of parents that are to end in one way, and are in one state. */
function parentLines(parents: readonly UnmetParent[], id: string): string[] {
  const [first] = parents;
  if (first === undefined) return [];
  const { task, when, state } = first;
  const wanted = { success: "to succeed", oneOf: "to succeed", any: "to end", failure: "to fail" }[when];
  if (state === "unfinished") return [`Waiting for ${task} ${wanted}.`];
  const isOne = parents.length === 1;
  const ranges = rangesOf(parents.map((parent) => numberOf(parent.task)));
  const who = isOne ? task : `${counted(parents.length, "task")} (${shortRanges(ranges)})`;
  const line = `Waiting for ${who} ${wanted}, but ${isOne ? "it" : "each"} ${howParentEnded(state)}.`;
  if (state === "completed" || state === "gone") return [line, `Cancel it: stint cancel ${id}`];
  return [
    line,
    `Retry ${isOne ? "the parent" : "them"}: stint retry ${ranges.join(" ")}   or cancel this one: stint cancel ${id}`,
  ];
}

function shortParents(parents: readonly UnmetParent[]): string {
  const choice = parents.filter(({ when }) => when === "oneOf");
  if (choice.length > 1) {
    const isLost = choice.every(({ state }) => state !== "unfinished");
    const others = parents.filter(({ when }) => when !== "oneOf");
    const told = `${oneOfList(choice.map(({ task }) => task))}${isLost ? ", of which none succeeded" : ""}`;
    return others.length === 0 ? told : `${told}, and ${shortParents(others)}`;
  }
  const bad = parents.find(({ state }) => state !== "unfinished");
  if (bad === undefined) return shortList(parents.map(({ task }) => task));
  const alike = parents.filter(({ state }) => state === bad.state);
  return `${shortList(alike.map(({ task }) => task))}, which ${howParentEnded(bad.state)}`;
}

function oneOfList(ids: readonly string[]): string {
  return ids.length <= 2 ? ids.join(" or ") : `one of ${ids[0]} and ${ids.length - 1} others`;
}

function shortList(ids: readonly string[]): string {
  return ids.length <= 2 ? ids.join(" and ") : `${ids[0]} and ${ids.length - 1} others`;
}

function selectorLines(wanted: Requirement): string[] {
  const described = describeRequirement(wanted);
  if (wanted.operator === "NotIn" || wanted.operator === "DoesNotExist")
    return [
      `Its runnerSelector (${described}) excludes the running supervisor.`,
      "Restart the supervisor without this label: stint down, then stint up",
    ];
  const label = `${wanted.key}=${wanted.operator === "In" ? wanted.values[0] : "VALUE"}`;
  return [
    `Its runnerSelector needs a supervisor with the label ${described}; the running one has no such label.`,
    `Restart the supervisor with it: stint down, then stint up --label ${label}`,
  ];
}
