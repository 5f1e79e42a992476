import type { TaskId } from "../model/identity.ts";
import type { Silence } from "../model/owner.ts";
import type { Task } from "../model/task.ts";
import { assign, readyTasks, type TurnContext } from "./assign.ts";
import { type Gate, gateOf } from "./gate.ts";
import type { PlanInput } from "./input.ts";
import { type Lane, laneAdmits } from "./lane.ts";
import { deadlinePauseOf, type Pause, pauseOf } from "./pause.ts";
import { place, type ResourceShortage, unsatisfiable } from "./place.ts";

/** Why a queued task has not started. */
export type Wait =
  | Exclude<Gate, { type: "open" }>
  /** Nobody is there to start it. */
  | { readonly type: "unsupervised" }
  /** Who is there does nothing. */
  | { readonly type: "silent"; readonly by: Silence }
  /** The supervisor starts nothing for now, for a reason of the system. */
  | { readonly type: "obstacle"; readonly message: string }
  /** It is accepted, and the supervisor has not taken it in; why, where it cannot. */
  | { readonly type: "untaken"; readonly message: string | null }
  /** Nothing starts for now, or not this one. */
  | { readonly type: "pause"; readonly pause: Pause }
  /** Those who have its lane or come before it in it. */
  | {
      readonly type: "lane";
      readonly slot: string;
      readonly limit: number;
      readonly before: readonly TaskId[];
    }
  /** As many as may run with its label, or of its sweep, are running. */
  | { readonly type: "permit"; readonly key: string; readonly limit: number }
  /** What is short now, or never to be had; how many ready tasks have their turn before it, and which one room is kept for. */
  | {
      readonly type: "room";
      readonly short: readonly ResourceShortage[];
      readonly ahead: number;
      readonly keptFor: TaskId | null;
      /** True where this machine could never start it. */
      readonly isHopeless: boolean;
    }
  /** Nothing is in its way. */
  | { readonly type: "next"; readonly devices: readonly string[] };

/** Tells of each queued task the first reason that keeps it waiting, computed as the plan itself would. */
export function waitsIn(around: PlanInput, isSupervised: boolean): (task: Task) => Wait {
  const seen: (TurnContext & { readonly task: Task })[] = [];
  const ready = isSupervised ? readyTasks(around) : [];
  const { lanes } = assign(around, { ready, watch: (task, sight) => seen.push({ ...sight, task }) });
  const turns = new Map<TaskId, Turn>();
  let ahead = 0;
  for (const sight of seen) {
    turns.set(sight.task.metadata.id, { ...sight, ahead });
    // Who stands in a lane takes nothing from those who are asked later, and may even stand behind them.
    if (laneAdmits(sight.task, lanes)) ahead += 1;
  }
  const orderOf = laneOrders();
  const pause = ready.length === 0 ? null : pauseOf(around);
  return (task) => {
    const gate = gateOf(task, around);
    // A wait that ends by itself ends in nothing where nobody is there.
    const isForPeople = gate.type === "held" || gate.type === "dependency";
    if (gate.type !== "open" && (isForPeople || isSupervised)) return gate;
    const turn = turns.get(task.metadata.id);
    const paused = pause ?? deadlinePauseOf(task, around);
    if (turn !== undefined && paused !== null) return { type: "pause", pause: paused };
    return turn === undefined ? { type: "unsupervised" } : waitOf(turn, { around, lanes, orderOf });
  };
}

/** What a ready task finds at its turn, and how many have theirs before it. */
interface Turn extends TurnContext {
  readonly task: Task;
  readonly ahead: number;
}

/** The order of a lane, found once for all of its members. */
interface LaneOrder {
  readonly ids: readonly TaskId[];
  readonly places: ReadonlyMap<Task, number>;
}

function laneOrders(): (lane: Lane) => LaneOrder {
  const known = new Map<Lane, LaneOrder>();
  return (lane) => {
    const order = known.get(lane) ?? {
      ids: lane.members.map(({ metadata }) => metadata.id),
      places: new Map(lane.members.map((member, index) => [member, index])),
    };
    known.set(lane, order);
    return order;
  };
}

interface Found {
  readonly around: PlanInput;
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly orderOf: (lane: Lane) => LaneOrder;
}

function waitOf({ task, room, permit, keptFor, ahead }: Turn, { around, lanes, orderOf }: Found): Wait {
  const { machine } = around;
  const lane = task.spec.slot === undefined ? undefined : lanes.get(task.spec.slot);
  if (lane !== undefined && !lane.front.has(task)) {
    const { ids, places } = orderOf(lane);
    return { type: "lane", slot: lane.slot, limit: lane.limit, before: ids.slice(0, places.get(task)) };
  }
  if (permit !== null) return { type: "permit", ...permit };
  const placed = place(task, room, machine);
  if ("placement" in placed) return { type: "next", devices: placed.placement.devices };
  const never = unsatisfiable(placed.demand, machine);
  const isHopeless = never.length > 0;
  return { type: "room", short: isHopeless ? never : placed.short, ahead, keptFor, isHopeless };
}
