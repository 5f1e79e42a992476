import type { TaskId } from "../model/identity.ts";
import { describeRequirement } from "../model/selector.ts";
import { isActive } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { afterParents } from "./admission.ts";
import { readyTasks } from "./assign.ts";
import { candidates, demandOf } from "./demand.ts";
import { gateOf } from "./gate.ts";
import type { PlanInput } from "./input.ts";
import { isBetweenAttempts, type Lane, lanesOf } from "./lane.ts";
import { deadlinePauseOf, describePause, isLasting, type Pause, pauseOf } from "./pause.ts";
import { unsatisfiable } from "./place.ts";
import { describeGpus, describeShortage } from "./shortage.ts";

interface Patience {
  /** Waits for work hours and quiet conditions, too. */
  readonly isPatient?: boolean;
}

/** True where a queued task starts by itself, now or in time. Where none does and nothing runs, a drain has come to its end. */
export function hasReachableWork(around: PlanInput, how: Patience = {}): boolean {
  const pause = lastingPause(around, how);
  const ahead = new Ahead(around);
  return around.queued.some(
    (task) => ownReason(task, around, pause) === null && ahead.keysOf(task).length === 0,
  );
}

/** Why a drain does not wait for queued tasks, by id; those that it waits for are not in it. */
export function reasonsNotToWait(around: PlanInput, how: Patience = {}): ReadonlyMap<TaskId, string> {
  const { queued } = around;
  const pause = lastingPause(around, how);
  const ahead = new Ahead(around);
  const own = new Map(queued.map((task) => [task, ownReason(task, around, pause)]));
  const behind = new Map<string, Task[]>();
  const waits = new Map<Task, number>();
  for (const task of queued) {
    const keys = ahead.keysOf(task);
    waits.set(task, keys.length);
    for (const key of keys) {
      const known = behind.get(key);
      if (known === undefined) behind.set(key, [task]);
      else known.push(task);
    }
  }
  // Those that start by themselves, then those behind them. What is left is behind what does not end, or in a circle.
  const starting = new Set(queued.filter((task) => own.get(task) === null && waits.get(task) === 0));
  for (const task of starting) {
    for (const key of ahead.opensWith(task)) {
      for (const next of behind.get(key) ?? []) {
        const left = (waits.get(next) ?? 0) - 1;
        waits.set(next, left);
        if (left === 0 && own.get(next) === null) starting.add(next);
      }
      behind.delete(key);
    }
  }
  const left = queued.filter((task) => !starting.has(task));
  return new Map(left.map((task) => [task.metadata.id, own.get(task) ?? ahead.reasonOf(task, starting)]));
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

/** What queued tasks are behind: queued parents, and those at the front of a lane that is shut. */
class Ahead {
  readonly #around: PlanInput;
  #queued: ReadonlyMap<TaskId, Task> | null = null;
  #lanes: ReadonlyMap<string, Lane> | null = null;

  constructor(around: PlanInput) {
    this.#around = around;
  }

  /** One for each parent that has to end, and one for the lane, which is opened by the first one at its front that ends. */
  keysOf(task: Task): string[] {
    const lane = this.#shutLaneOf(task);
    return [...this.#parentsOf(task), ...(lane === null ? [] : [`lane ${lane.slot}`])];
  }

  /** The keys of those behind a task that ends. */
  opensWith(task: Task): string[] {
    const { id } = task.metadata;
    const lane = this.#laneOf(task);
    return lane?.front.has(task) === true ? [id, `lane ${lane.slot}`] : [id];
  }

  /** Which one it is behind, of those that do not end. */
  reasonOf(task: Task, ending: ReadonlySet<Task>): string {
    const isEnding = (id: TaskId): boolean => {
      const parent = this.#byId.get(id);
      return parent !== undefined && ending.has(parent);
    };
    const parent = this.#parentsOf(task).find((id) => !isEnding(id));
    if (parent !== undefined) return `behind its parent ${parent}`;
    const [first] = this.#shutLaneOf(task)?.members ?? [];
    return `behind ${first?.metadata.id ?? "others"} in its lane`;
  }

  get #byId(): ReadonlyMap<TaskId, Task> {
    return (this.#queued ??= new Map(this.#around.queued.map((task) => [task.metadata.id, task])));
  }

  #parentsOf(task: Task): TaskId[] {
    const gate = gateOf(task, this.#around);
    if (gate.type !== "dependency") return [];
    return [...new Set(gate.parents.map((parent) => parent.task))].filter((id) => this.#byId.has(id));
  }

  #laneOf({ spec: { slot } }: Task): Lane | undefined {
    if (slot === undefined) return undefined;
    const { active, queued, machine } = this.#around;
    this.#lanes ??= lanesOf({ active, queued, ready: readyTasks(this.#around), policy: machine.policy });
    return this.#lanes.get(slot);
  }

  /** The lane that keeps a task waiting; null too where one runs at its front, or where the task stands beside it with its gate shut. */
  #shutLaneOf(task: Task): Lane | null {
    const lane = this.#laneOf(task);
    if (lane === undefined || lane.front.has(task)) return null;
    if (!isBetweenAttempts(task) && gateOf(task, this.#around).type !== "open") return null;
    return [...lane.front].some(({ status }) => isActive(status.state)) ? null : lane;
  }
}
