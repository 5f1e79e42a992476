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
  /** No supervisor runs. */
  | { readonly type: "unsupervised" }
  /** The supervisor does not respond. */
  | { readonly type: "silent"; readonly by: Silence }
  /** The supervisor starts no job, because of a fault of the system. */
  | { readonly type: "obstacle"; readonly message: string }
  /** It is accepted but not published to `pending/` yet; why, where it cannot be. */
  | { readonly type: "untaken"; readonly message: string | null }
  /** A pause: of all tasks, or of this one. */
  | { readonly type: "pause"; readonly pause: Pause }
  /** Behind other tasks in its lane; `before` are all of them, in order. */
  | {
      readonly type: "lane";
      readonly slot: string;
      readonly limit: number;
      readonly before: readonly TaskId[];
    }
  /** The limit of its label or sweep is reached. */
  | { readonly type: "permit"; readonly key: string; readonly limit: number }
  /** Resources are short; `ahead` is how many ready tasks come first in dispatch order, `keptFor` the task with the reservation. */
  | {
      readonly type: "room";
      readonly short: readonly ResourceShortage[];
      readonly ahead: number;
      readonly keptFor: TaskId | null;
      /** True where this machine can never start it. */
      readonly isHopeless: boolean;
    }
  /** It starts next. */
  | { readonly type: "next"; readonly devices: readonly string[] };

/** A function that returns the first reason why a queued task waits, by the same computation as the plan. */
export function waitsIn(around: PlanInput, isSupervised: boolean): (task: Task) => Wait {
  const seen: (TurnContext & { readonly task: Task })[] = [];
  const ready = isSupervised ? readyTasks(around) : [];
  const { lanes } = assign(around, { ready, watch: (task, sight) => seen.push({ ...sight, task }) });
  const turns = new Map<TaskId, Turn>();
  let ahead = 0;
  for (const sight of seen) {
    turns.set(sight.task.metadata.id, { ...sight, ahead });
    // A task that its lane does not admit takes no resources from later ones.
    if (laneAdmits(sight.task, lanes)) ahead += 1;
  }
  const orderOf = laneOrders();
  const pause = ready.length === 0 ? null : pauseOf(around);
  return (task) => {
    const gate = gateOf(task, around);
    // Without a supervisor, the end of a timed wait starts nothing.
    const needsAction = gate.type === "held" || gate.type === "dependency";
    if (gate.type !== "open" && (needsAction || isSupervised)) return gate;
    const turn = turns.get(task.metadata.id);
    const paused = pause ?? deadlinePauseOf(task, around);
    if (turn !== undefined && paused !== null) return { type: "pause", pause: paused };
    return turn === undefined ? { type: "unsupervised" } : waitOf(turn, { around, lanes, orderOf });
  };
}

/** What a ready task finds when it is its turn, and how many come before it. */
interface Turn extends TurnContext {
  readonly task: Task;
  readonly ahead: number;
}

/** The order of a lane, computed once for all members. */
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
