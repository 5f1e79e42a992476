import { timestamp } from "../lib/clock.ts";
import type { TaskId } from "../model/identity.ts";
import type { Policy } from "../model/policy.ts";
import type { Position, QueuePlace, Task } from "../model/task.ts";
import { areAtEnd, areBeside, byPlace } from "./in-place.ts";
import { placeInLane } from "./lane.ts";
import { inDispatchOrder, waitingSinceMs } from "./order.ts";
import { placeInQueue, readySinceMs } from "./queue.ts";

/*
 * Moves in the queue. A moved task stands beside its anchor as if it were the anchor: it gets the anchor's priority, and its `position`
 * repeats what else decides on the order, the anchor's age, waiting time and number. A rank of its own puts it before or after the anchor.
 *
 * Invariants
 *   - Tasks that stand where they are to be moved stay as they are, and keep their priority.
 *   - A move changes the moved tasks alone, and these stand beside the anchor in the order in which they were named. As they age like the
 *     anchor, they stay beside it until one of them starts.
 *   - A position changes no gate: a moved task that is held, scheduled or behind a parent still waits for that.
 *   - Lanes: a lane keeps an order of its own, and a task that waits between two attempts is still before all others. A move beside a task
 *     of the same lane, or to an end of the queue, moves the task in its lane too; any other move leaves it where it is there.
 */

/** Where tasks are moved to. */
export type Where =
  | { readonly type: "before" | "after"; readonly anchor: Task }
  /** The ends of the tasks that are ready. */
  | { readonly type: "top" | "bottom" };

interface Move {
  /** Those that are moved, in the order that they get. */
  readonly ids: readonly TaskId[];
  readonly where: Where;
  readonly queued: readonly Task[];
  /** The queued tasks whose gates are open. */
  readonly ready: readonly Task[];
  readonly nowMs: number;
  readonly policy: Policy;
}

/** A task as it stands after its move, itself where nothing is to change, and the task beside which it stands; null where no rank is left between two others. */
type Moved = { readonly task: Task; readonly beside: Task } | null;

/** Returns the function that moves a queued task of `ids`; see the head of this file. */
export function moverOf(move: Move): (task: Task) => Moved {
  const { ids, where } = move;
  const indexes = new Map(ids.map((id, index) => [id, index]));
  const named = {
    moved: move.queued.filter(({ metadata }) => indexes.has(metadata.id)),
    others: move.queued.filter(({ metadata }) => !indexes.has(metadata.id)),
  };
  const side: Side = where.type === "before" || where.type === "top" ? "before" : "after";
  const anchor = "anchor" in where ? where.anchor : endOfQueue(move, { ...named, side });
  if (anchor === undefined) return () => null;
  if (areInPlace(move, { ...named, side, anchor })) return (task) => ({ task, beside: anchor });
  const level = named.others.filter((one) => isLevel(one, anchor)).map(placeInQueue);
  const places = placesBeside(placeInQueue(anchor), { side, count: ids.length, taken: level });
  const lanes = lanesAfter({ ...named, side, count: ids.length, anchor: "anchor" in where ? anchor : null });
  return (task) => {
    const index = indexes.get(task.metadata.id) ?? 0;
    const place = places?.[index];
    const lane = lanes(task, index);
    if (place === undefined || lane === undefined) return null;
    const position: Position = {
      ...place,
      since: timestamp(readySinceMs(anchor)),
      waitsSince: timestamp(waitingSinceMs(anchor)),
      attempt: task.status.attempt,
      ...(lane !== null && { lane }),
    };
    const { metadata, spec } = task;
    const { priority } = anchor.spec;
    const generation = metadata.generation + (priority === spec.priority ? 0 : 1);
    return {
      task: { ...task, spec: { ...spec, priority }, metadata: { ...metadata, generation, position } },
      beside: anchor,
    };
  };
}

function areInPlace(
  { ids, where, policy }: Move,
  { moved: unsorted, others, side, anchor }: Named & { readonly anchor: Task },
): boolean {
  const byId = new Map(unsorted.map((task) => [task.metadata.id, task]));
  const moved = ids.flatMap((id) => byId.get(id) ?? []);
  if ("anchor" in where) return areBeside({ moved, others, side, anchor, isLevel });
  return areAtEnd({ moved, others, side, end: byId.has(anchor.metadata.id) ? null : anchor, policy });
}

type Side = "before" | "after";

/** The queued tasks. */
interface Named {
  readonly moved: readonly Task[];
  readonly others: readonly Task[];
  readonly side: Side;
}

/** The first or the last of the other tasks that are ready; where there is none, of the moved ones, which are put in order beside it. */
function endOfQueue({ ready, nowMs, policy }: Move, { moved, others, side }: Named): Task | undefined {
  const isReady = new Set(ready);
  const found = others.filter((task) => isReady.has(task));
  return inDispatchOrder(found.length > 0 ? found : moved, { nowMs, policy }).at(side === "before" ? 0 : -1);
}

/** True where only the rank puts two tasks in order. */
function isLevel(one: Task, other: Task): boolean {
  return (
    one.spec.priority === other.spec.priority &&
    readySinceMs(one) === readySinceMs(other) &&
    waitingSinceMs(one) === waitingSinceMs(other)
  );
}

interface Beside {
  readonly side: Side;
  readonly count: number;
  /** The places that other tasks have. */
  readonly taken: readonly QueuePlace[];
}

/** Places between one and the next that is taken, in their order; undefined where numbers are too coarse for so many. */
function placesBeside(at: QueuePlace, { side, count, taken }: Beside): QueuePlace[] | undefined {
  const ranks = taken.filter(({ number }) => number === at.number).map(({ rank }) => rank);
  const below = ranks.filter((rank) => rank < at.rank);
  const above = ranks.filter((rank) => rank > at.rank);
  // No spread into the arguments of a call: there may be more than the stack has room for.
  const low =
    side === "after" ? at.rank : below.reduce((most, rank) => Math.max(most, rank), Number.NEGATIVE_INFINITY);
  const high =
    side === "before"
      ? at.rank
      : above.reduce((least, rank) => Math.min(least, rank), Number.POSITIVE_INFINITY);
  const found = Array.from({ length: count }, (_, index) => {
    if (low === Number.NEGATIVE_INFINITY) return high - count + index;
    if (high === Number.POSITIVE_INFINITY) return low + 1 + index;
    return low + ((high - low) * (index + 1)) / (count + 1);
  });
  const bounds = [low, ...found, high];
  const isRising = bounds.every((rank, index) => index === 0 || rank > (bounds[index - 1] ?? rank));
  return isRising ? found.map((rank) => ({ number: at.number, rank })) : undefined;
}

interface LaneMove extends Named {
  readonly count: number;
  /** Null where the tasks go to an end of the queue. */
  readonly anchor: Task | null;
}

/** Returns the function that gives the place in its lane of a moved task; null for that of its number, undefined where no rank is left. */
function lanesAfter({
  moved,
  others,
  side,
  count,
  anchor,
}: LaneMove): (task: Task, index: number) => QueuePlace | null | undefined {
  const known = new Map<string, QueuePlace[] | undefined>();
  const placesIn = (slot: string): QueuePlace[] | undefined => {
    const isMate = ({ spec }: Task): boolean => spec.slot === slot;
    const taken = others.filter(isMate).map(placeInLane);
    const ends = (taken.length > 0 ? taken : moved.filter(isMate).map(placeInLane)).toSorted(byPlace);
    const at = anchor === null ? ends.at(side === "before" ? 0 : -1) : placeInLane(anchor);
    return at && placesBeside(at, { side, count, taken });
  };
  return ({ metadata, spec: { slot } }, index) => {
    if (slot === undefined || (anchor !== null && anchor.spec.slot !== slot))
      return metadata.position?.lane ?? null;
    if (!known.has(slot)) known.set(slot, placesIn(slot));
    return known.get(slot)?.[index];
  };
}
