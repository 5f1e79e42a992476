import { own } from "../lib/own.ts";
import type { TaskId } from "../model/identity.ts";
import { describeRequirement } from "../model/selector.ts";
import type { Task } from "../model/task.ts";
import { afterParents } from "./admission.ts";
import { candidates, demandOf } from "./demand.ts";
import { gateOf } from "./gate.ts";
import type { PlanInput } from "./input.ts";
import { byLaneOrder, isBetweenAttempts } from "./lane.ts";
import { deadlinePauseOf, describePause, isLasting, type Pause, pauseOf } from "./pause.ts";
import { unsatisfiable } from "./place.ts";
import { describeGpus, describeShortage } from "./shortage.ts";

interface Patience {
  /** Waits for work hours and quiet conditions, too. */
  readonly isPatient?: boolean;
}

/** Why a drain does not wait for queued tasks, by id; those that it waits for are not in it. */
export function reasonsNotToWait(around: PlanInput, how: Patience = {}): ReadonlyMap<TaskId, string> {
  return new DrainAnalysis(around, lastingPause(around, how)).reasons();
}

/** True where a drain waits for queued tasks. Mostly one that hangs on no other tells, and the others are not asked. */
export function hasReachableWork(around: PlanInput, how: Patience = {}): boolean {
  const pause = lastingPause(around, how);
  const isAlone = ({ spec }: Task): boolean => spec.after === undefined && spec.slot === undefined;
  return (
    around.queued.some((task) => isAlone(task) && ownReason(task, around, pause) === null) ||
    new DrainAnalysis(around, pause).reasons().size < around.queued.length
  );
}

/** What keeps all tasks from starting for longer than a drain waits. */
function lastingPause(around: PlanInput, { isPatient = false }: Patience): Pause | null {
  const pause = pauseOf(around);
  const isOver = pause !== null && isLasting(pause) && (!isPatient || pause.type === "closed");
  return isOver ? pause : null;
}

/** True for a queued task that will not start unless somebody does something about it: not for one that is meant to wait. */
export function isStuck(task: Task, around: PlanInput): boolean {
  const gate = gateOf(task, around);
  if (gate.type === "dependency") return gate.parents.some(({ state }) => state !== "unfinished");
  return gate.type === "open" && placeReason(task, around) !== null;
}

/** What keeps a task from its turn by itself, whatever becomes of others. */
function ownReason(task: Task, around: PlanInput, pause: Pause | null): string | null {
  const gate = gateOf(task, around);
  if (gate.type === "held") return "held";
  if (gate.type === "selector") return `wants a supervisor with ${describeRequirement(gate.wanted)}`;
  if (gate.type === "scheduled") return `not before ${new Date(gate.untilMs).toISOString()}`;
  if (task.spec.restart.policy === "always") return "restarts always";
  if (gate.type === "dependency") {
    const ended = gate.parents.find(({ state }) => state !== "unfinished");
    // Until it is called off, its end is on its way.
    if (ended !== undefined)
      return afterParents(task, around) === null ? `its parent ${ended.task} is ${ended.state}` : null;
  }
  const noPlace = placeReason(task, around);
  if (noPlace !== null) return noPlace;
  const paused = pause ?? deadlinePauseOf(task, around);
  return paused === null ? null : describePause(paused, around.nowMs);
}

/** Why this machine can never, or perhaps never again, give the task what it asks for. */
function placeReason(task: Task, { machine }: PlanInput): string | null {
  const demand = demandOf(task, machine.devices);
  const [short] = unsatisfiable(demand, machine);
  if (short !== undefined) return describeShortage(short);
  // Nobody knows whether a device that has failed comes back.
  const isBroken = machine.isProbed && candidates(demand, machine.devices).length < demand.gpus;
  return isBroken ? `asks for ${describeGpus(demand)}, of which too few work` : null;
}

/** One queued task and what has to come to an end before its turn comes. */
interface Outlook {
  readonly task: Task;
  readonly reason: string | null;
  /** Queued parents that are not known to end, and its lane while that is shut. */
  waits: number;
  isEnding: boolean;
}

/** The queued tasks of a lane in its order. Those before `next` may go, as soon as nothing else is in their way. */
interface LaneProgress {
  readonly members: readonly Outlook[];
  /** How many may have the lane. */
  readonly limit: number;
  next: number;
  /** Among those before `next`: what has the lane, or will have it, and is not known to end. */
  readonly stuck: Set<Outlook>;
}

/**
 * Finds, from those that only time and room keep waiting, all whose turn comes. The others hang on something that does not
 * end, or on each other in a circle. `waitForWakeup` keeps all of them from starting.
 */
class DrainAnalysis {
  readonly #around: PlanInput;
  readonly #byId: ReadonlyMap<TaskId, Outlook>;
  readonly #children = new Map<TaskId, Outlook[]>();
  readonly #lines: ReadonlyMap<string, LaneProgress>;
  readonly #ending: Outlook[] = [];

  constructor(around: PlanInput, pause: Pause | null) {
    this.#around = around;
    const all = around.queued.map(
      (task): Outlook => ({ task, reason: ownReason(task, around, pause), waits: 0, isEnding: false }),
    );
    this.#byId = new Map(all.map((one) => [one.task.metadata.id, one]));
    this.#lines = linesOf(all, around);
    for (const one of all) {
      for (const parent of this.#parentsOf(one.task)) {
        one.waits += 1;
        const known = this.#children.get(parent);
        if (known === undefined) this.#children.set(parent, [one]);
        else known.push(one);
      }
    }
    for (const line of this.#lines.values()) for (const one of line.members) one.waits += 1;
    for (const line of this.#lines.values()) this.#advance(line);
    for (const one of all) this.#look(one);
    for (const one of this.#ending) this.#spread(one);
  }

  reasons(): ReadonlyMap<TaskId, string> {
    const stuck = [...this.#byId.values()].filter(({ isEnding }) => !isEnding);
    return new Map(stuck.map((one) => [one.task.metadata.id, one.reason ?? this.#behind(one)]));
  }

  #parentsOf(task: Task): TaskId[] {
    const gate = gateOf(task, this.#around);
    if (gate.type !== "dependency") return [];
    return [...new Set(gate.parents.map((parent) => parent.task))].filter((id) => this.#byId.has(id));
  }

  #look(one: Outlook): void {
    if (one.isEnding || one.waits > 0 || one.reason !== null) return;
    one.isEnding = true;
    this.#ending.push(one);
  }

  #spread(one: Outlook): void {
    for (const child of this.#children.get(one.task.metadata.id) ?? []) {
      child.waits -= 1;
      this.#look(child);
    }
    const line = this.#lineOf(one.task);
    if (line?.stuck.delete(one)) this.#advance(line);
  }

  #lineOf(task: Task): LaneProgress | undefined {
    return task.spec.slot === undefined ? undefined : this.#lines.get(task.spec.slot);
  }

  /** Lets the next ones of a lane go, as far as it has places that are free some time. */
  #advance(line: LaneProgress): void {
    while (line.stuck.size < line.limit) {
      const one = line.members[line.next];
      if (one === undefined) return;
      line.next += 1;
      one.waits -= 1;
      const isGateShut = gateOf(one.task, this.#around).type !== "open";
      // One whose gate is shut stands beside its lane, unless it sleeps in it.
      if (isBetweenAttempts(one.task) || !isGateShut) line.stuck.add(one);
      this.#look(one);
    }
  }

  #behind({ task }: Outlook): string {
    const parent = this.#parentsOf(task).find((id) => this.#byId.get(id)?.isEnding === false);
    if (parent !== undefined) return `behind its parent ${parent}`;
    const [owner] = this.#lineOf(task)?.stuck ?? [];
    return owner === undefined ? "behind others in its lane" : `behind ${owner.task.metadata.id} in its lane`;
  }
}

function linesOf(all: readonly Outlook[], { machine }: PlanInput): ReadonlyMap<string, LaneProgress> {
  const lines = new Map<string, Outlook[]>();
  for (const one of all) {
    const { slot } = one.task.spec;
    if (slot === undefined) continue;
    const known = lines.get(slot);
    if (known === undefined) lines.set(slot, [one]);
    else known.push(one);
  }
  return new Map(
    [...lines].map(([slot, unsorted]) => {
      const members = unsorted.toSorted((left, right) => byLaneOrder(left.task, right.task));
      return [slot, { members, limit: own(machine.policy.slots, slot) ?? 1, next: 0, stuck: new Set() }];
    }),
  );
}
