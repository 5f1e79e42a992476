import { timestamp } from "../lib/clock.ts";
import type { TaskId } from "../model/identity.ts";
import { type Requirement, unmet } from "../model/selector.ts";
import type { Dependency, ParentState } from "../model/spec.ts";
import type { Task } from "../model/task.ts";
import type { PlanInput } from "./input.ts";

/** A parent without the required outcome. */
export interface UnmetParent extends Dependency {
  readonly state: ParentState;
}

/** The sweep that holds a task, and the members that failed quickly. */
export interface HeldBy {
  readonly sweep: string;
  /** Of the sweep: the number of its first member. */
  readonly id: number;
  readonly withinMs: number;
  readonly failures: readonly TaskId[];
}

/** Why a queued task is not ready, or `open` where it is. Times in ms since the epoch. */
export type Gate =
  | { readonly type: "open" }
  /** `by` is set where its sweep holds it. */
  | { readonly type: "held"; readonly by?: HeldBy }
  | { readonly type: "dependency"; readonly parents: readonly UnmetParent[] }
  | { readonly type: "selector"; readonly wanted: Requirement }
  | { readonly type: "scheduled"; readonly untilMs: number }
  | { readonly type: "backoff"; readonly untilMs: number }
  | { readonly type: "preflight"; readonly untilMs: number }
  | { readonly type: "interval"; readonly untilMs: number };

const OPEN: Gate = { type: "open" };

type Around = Pick<PlanInput, "nowMs" | "parents" | "machine">;

/** The first shut gate of a queued task: gates that a user or another task opens come before those of time. */
export function gateOf(task: Task, { nowMs, parents, machine }: Around): Gate {
  const { spec, status } = task;
  if (spec.hold) return heldGate(task);
  if (spec.after !== undefined) {
    const unmetParents = unmetParentsOf(task, parents);
    if (unmetParents.length > 0) return { type: "dependency", parents: unmetParents };
  }
  const wanted = spec.runnerSelector === undefined ? null : unmet(spec.runnerSelector, machine.labels);
  if (wanted !== null) return { type: "selector", wanted };
  if (spec.notBefore !== undefined) {
    const untilMs = Date.parse(spec.notBefore);
    if (untilMs > nowMs) return { type: "scheduled", untilMs };
  }
  if (status.state !== "queued" || status.retryAt === undefined) return OPEN;
  // After a backward jump of the clock, a wait lasts at most the decided delay from now.
  const untilMs = Math.min(Date.parse(status.retryAt), nowMs + decidedWaitMs(task));
  if (untilMs <= nowMs) return OPEN;
  return { type: WAITS[status.reason ?? "Backoff"] ?? "backoff", untilMs };
}

function heldGate({ metadata: { group, heldFor } }: Task): Gate {
  if (group?.holdAfter === undefined || heldFor === undefined) return { type: "held" };
  const { name: sweep, id, holdAfter } = group;
  return { type: "held", by: { sweep, id, withinMs: holdAfter.withinMs, failures: heldFor.failures } };
}

/** The gates of waits between two attempts; of all other reasons it is a backoff. */
const WAITS: Readonly<Record<string, "interval" | "preflight">> = {
  Interval: "interval",
  Preflight: "preflight",
};

/** What opens each gate but the last. */
const OPENED = {
  held: { hold: false },
  dependency: { after: undefined },
  selector: { runnerSelector: undefined },
  scheduled: { notBefore: undefined },
} as const;

/** All shut gates of a queued task, in the order of `gateOf`. */
export function shutGates(task: Task, around: Around): Exclude<Gate, { type: "open" }>[] {
  const gate = gateOf(task, around);
  if (gate.type === "open") return [];
  if (gate.type === "backoff" || gate.type === "interval" || gate.type === "preflight") return [gate];
  return [gate, ...shutGates({ ...task, spec: { ...task.spec, ...OPENED[gate.type] } }, around)];
}

/**
 * The parents without the outcome that the task requires. Of those with `oneOf` there are none once one has succeeded; else those that
 * may succeed yet, or all where none may.
 */
export function unmetParentsOf(task: Task, parents: PlanInput["parents"]): UnmetParent[] {
  const { after } = task.spec;
  if (after === undefined) return [];
  const found: UnmetParent[] = [];
  for (const { task: id, when } of after) {
    const one: UnmetParent = { task: id, when, state: parents.get(id) ?? "gone" };
    if (when !== "oneOf" && !isMet(one)) found.push(one);
  }
  const choice = after.filter(({ when }) => when === "oneOf");
  if (choice.length === 0) return found;
  const states = choice.map((one): UnmetParent => ({ ...one, state: parents.get(one.task) ?? "gone" }));
  if (states.some(isMet)) return found;
  const open = states.filter(({ state }) => state === "unfinished");
  return [...found, ...(open.length > 0 ? open : states)];
}

function isMet({ when, state }: UnmetParent): boolean {
  if (state === "unfinished") return false;
  switch (when) {
    case "success":
    case "oneOf":
      return state === "completed";
    case "failure":
      return state === "failed";
    case "any":
      return true;
  }
}

/**
 * The task with its wait restarted from now, where the clock was set back during it; null where it was not. It must be written: otherwise
 * the wait would restart at every later turn.
 */
export function rescheduledBackoff(task: Task, nowMs: number): Task | null {
  const { status } = task;
  if (status.state !== "queued" || status.retryAt === undefined) return null;
  const latestMs = nowMs + decidedWaitMs(task);
  // No wait was decided: the gate is open.
  if (Date.parse(status.retryAt) <= latestMs || latestMs === nowMs) return null;
  return { ...task, status: { ...status, retryAt: timestamp(latestMs) } };
}

function decidedWaitMs(task: Task): number {
  const last = task.status.attempts.at(-1);
  if (last !== undefined && "retry" in last && last.retry !== undefined) return last.retry.delayMs;
  return task.spec.restart.policy === "always" ? task.spec.restart.intervalMs : 0;
}

/** How a parent ended, as a predicate: `failed`. */
export function howParentEnded(state: ParentState): string {
  switch (state) {
    case "unfinished":
      return "has not ended";
    case "completed":
      return "succeeded";
    case "failed":
      return "failed";
    case "cancelled":
      return "was cancelled";
    case "gone":
      return "was removed";
  }
}
