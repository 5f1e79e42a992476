import { localTime } from "../lib/local-time.ts";
import type { TaskId } from "../model/identity.ts";
import { describeRequirement } from "../model/selector.ts";
import { isService } from "../model/service.ts";
import { isActive } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { afterParents } from "./admission.ts";
import { readyTasks } from "./assign.ts";
import { candidates, demandOf } from "./demand.ts";
import { gateOf, howParentEnded, unmetParentsOf } from "./gate.ts";
import type { PlanInput } from "./input.ts";
import { isBetweenAttempts, type Lane, lanesOf } from "./lane.ts";
import { deadlinePauseOf, describePause, isLasting, type Pause, pauseOf } from "./pause.ts";
import { unsatisfiable } from "./place.ts";
import { describeGpus, describeShortage } from "./shortage.ts";

interface Patience {
  /** Also waits for work hours and for mains power. */
  readonly isPatient?: boolean;
}

/** True where a queued task will start by itself, now or later. A drain ends where none will and no job runs. */
export function hasReachableWork(around: PlanInput, how: Patience = {}): boolean {
  const pause = lastingPause(around, how);
  const ahead = new Ahead(around);
  return around.queued.some(
    (task) => ownReason(task, around, pause) === null && ahead.keysOf(task).length === 0,
  );
}

/** Why a drain does not wait for a queued task, by id; tasks that it waits for are absent. */
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
    for (const key of keys) behind.getOrInsertComputed(key, () => []).push(task);
  }
  // From the tasks that start by themselves on to those behind them. The rest is behind tasks that do not end, or in a cycle.
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

/** A pause of all tasks that a drain does not wait out. */
function lastingPause(around: PlanInput, { isPatient = false }: Patience): Pause | null {
  const pause = pauseOf(around);
  if (pause === null || !isLasting(pause)) return null;
  const isForever = pause.type === "closed" || pause.type === "paused";
  return isForever || !isPatient ? pause : null;
}

/** True for a queued task that will not start without a user's action; not for one that is held or scheduled on purpose. */
export function isStuck(task: Task, around: PlanInput): boolean {
  const gate = gateOf(task, around);
  if (gate.type === "dependency") return gate.parents.some(({ state }) => state !== "unfinished");
  return gate.type === "open" && placeReason(task, around) !== null;
}

/** Queued tasks that will not start without a user's action: held ones, stuck ones, and those behind them. */
export function neverStarting(around: PlanInput): ReadonlySet<TaskId> {
  const children = new Map<TaskId, Task[]>();
  for (const task of around.queued)
    for (const parent of task.spec.after ?? [])
      children.getOrInsertComputed(parent.task, () => []).push(task);
  const isDead = (task: Task): boolean => {
    const { type } = gateOf(task, around);
    // A task that admission will cancel ends soon.
    if (type === "dependency" && afterParents(task, around) !== null) return false;
    return type === "held" || type === "selector" || isStuck(task, around);
  };
  const found = new Set(around.queued.filter(isDead).map(({ metadata }) => metadata.id));
  // A set is iterated over what is added meanwhile.
  for (const id of found)
    for (const child of children.get(id) ?? [])
      if (!mayDoWithout(id, { child, found, around })) found.add(child.metadata.id);
  return found;
}

/** True where a parent is one of several of which one is enough, and another may still succeed, or has. */
function mayDoWithout(
  parent: TaskId,
  {
    child,
    found,
    around,
  }: { readonly child: Task; readonly found: ReadonlySet<TaskId>; readonly around: PlanInput },
): boolean {
  const isChoice = child.spec.after?.some(({ task, when }) => task === parent && when === "oneOf") === true;
  if (!isChoice) return false;
  const choice = unmetParentsOf(child, around.parents).filter(({ when }) => when === "oneOf");
  return choice.length === 0 || choice.some(({ task }) => !found.has(task));
}

/** Why a task does not start, regardless of the tasks before it. */
function ownReason(task: Task, around: PlanInput, pause: Pause | null): string | null {
  const gate = gateOf(task, around);
  if (gate.type === "held") return "held";
  if (gate.type === "selector") return `needs a supervisor with label ${describeRequirement(gate.wanted)}`;
  if (gate.type === "scheduled") return `scheduled to start at ${localTime(gate.untilMs, around.nowMs)}`;
  if (isService(task)) return "a service";
  if (task.spec.restart.policy === "always") return "restart: always";
  if (gate.type === "dependency") {
    const service = around.active.find(
      (one) =>
        isService(one) &&
        gate.parents.some((parent) => parent.task === one.metadata.id && parent.when !== "oneOf"),
    );
    if (service !== undefined) return `waits for ${service.metadata.id}, a service`;
    const ended = gate.parents.find(({ state }) => state !== "unfinished");
    // A task that admission will cancel ends soon.
    if (ended !== undefined)
      return afterParents(task, around) === null
        ? `waits for ${ended.task}, which ${howParentEnded(ended.state)}`
        : null;
  }
  const noPlace = placeReason(task, around);
  if (noPlace !== null) return noPlace;
  const paused = pause ?? deadlinePauseOf(task, around);
  return paused === null ? null : describePause(paused, around.nowMs);
}

/** Why this machine can never satisfy the task's request, or cannot while a device has failed. */
function placeReason(task: Task, { machine }: PlanInput): string | null {
  const demand = demandOf(task, machine.devices);
  const [short] = unsatisfiable(demand, machine);
  if (short !== undefined) return describeShortage(short);
  // Whether a failed device recovers is unknown.
  if (!machine.isProbed || candidates(demand, machine.devices).length >= demand.gpus) return null;
  const allowed = machine.devices.map((device) => ({ ...device, isOff: false }));
  const isOff = candidates(demand, allowed).length >= demand.gpus;
  return `asks for ${describeGpus(demand)}, too few of them ${isOff ? "may be used now (stint jobs --gpus)" : "work"}`;
}

/** What queued tasks wait behind: queued parents, and the front of a lane in which no task runs. */
class Ahead {
  readonly #around: PlanInput;
  #queued: ReadonlyMap<TaskId, Task> | null = null;
  #children: ReadonlyMap<TaskId, readonly Task[]> | null = null;
  #lanes: ReadonlyMap<string, Lane> | null = null;

  constructor(around: PlanInput) {
    this.#around = around;
  }

  /**
   * One key for each parent that has to end, one for several parents of which one is enough, and one for the lane, which the first end at
   * its front opens.
   */
  keysOf(task: Task): string[] {
    const lane = this.#shutLaneOf(task);
    const choice = this.#choiceOf(task);
    // One that runs ends by itself.
    const isChoiceAhead = choice.length > 0 && choice.every((id) => this.#byId.has(id));
    const keys = isChoiceAhead ? [choiceKey(task)] : [];
    return [...this.#parentsOf(task), ...keys, ...(lane === null ? [] : [`lane ${lane.slot}`])];
  }

  /** The keys that the end of a task opens. */
  opensWith(task: Task): string[] {
    const { id } = task.metadata;
    const lane = this.#laneOf(task);
    const keys = [id, ...(this.#choosing.get(id) ?? []).map(choiceKey)];
    return lane?.front.has(task) === true ? [...keys, `lane ${lane.slot}`] : keys;
  }

  /** The task that it waits behind, and that does not end. */
  reasonOf(task: Task, ending: ReadonlySet<Task>): string {
    const isEnding = (id: TaskId): boolean => {
      const parent = this.#byId.get(id);
      return parent !== undefined && ending.has(parent);
    };
    const choice = this.#choiceOf(task);
    const isChoiceLost = choice.length > 0 && !choice.some((id) => !this.#byId.has(id) || isEnding(id));
    const parent = [...this.#parentsOf(task), ...(isChoiceLost ? choice : [])].find((id) => !isEnding(id));
    if (parent !== undefined) return `waits for ${parent}`;
    const [first] = this.#shutLaneOf(task)?.members ?? [];
    return `waits in its lane behind ${first?.metadata.id ?? "others"}`;
  }

  get #byId(): ReadonlyMap<TaskId, Task> {
    return (this.#queued ??= new Map(this.#around.queued.map((task) => [task.metadata.id, task])));
  }

  #parentsOf(task: Task): TaskId[] {
    const gate = gateOf(task, this.#around);
    if (gate.type !== "dependency") return [];
    const all = gate.parents.filter(({ when }) => when !== "oneOf").map((parent) => parent.task);
    return [...new Set(all)].filter((id) => this.#byId.has(id));
  }

  /** The parents of which one is enough, where none has succeeded. */
  #choiceOf(task: Task): TaskId[] {
    const gate = gateOf(task, this.#around);
    const parents = gate.type === "dependency" ? gate.parents : [];
    return parents.filter(({ when }) => when === "oneOf").map((parent) => parent.task);
  }

  /** The tasks for which a task is one of several parents of which one is enough. */
  get #choosing(): ReadonlyMap<TaskId, readonly Task[]> {
    if (this.#children !== null) return this.#children;
    const children = new Map<TaskId, Task[]>();
    for (const task of this.#around.queued)
      for (const id of this.#choiceOf(task)) children.getOrInsertComputed(id, () => []).push(task);
    return (this.#children = children);
  }

  #laneOf({ spec: { slot } }: Task): Lane | undefined {
    if (slot === undefined) return undefined;
    const { active, queued, machine } = this.#around;
    this.#lanes ??= lanesOf({ active, queued, ready: readyTasks(this.#around), policy: machine.policy });
    return this.#lanes.get(slot);
  }

  /** The lane that a task waits in; null also where a task runs at its front, or where the task is no member as its gate is shut. */
  #shutLaneOf(task: Task): Lane | null {
    const lane = this.#laneOf(task);
    if (lane === undefined || lane.front.has(task)) return null;
    if (!isBetweenAttempts(task) && gateOf(task, this.#around).type !== "open") return null;
    return [...lane.front].some(({ status }) => isActive(status.state)) ? null : lane;
  }
}

function choiceKey({ metadata }: Task): string {
  return `one of the parents of ${metadata.id}`;
}
