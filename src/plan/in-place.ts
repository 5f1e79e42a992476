import type { Policy } from "../model/policy.ts";
import type { QueuePlace, Task } from "../model/task.ts";
import { placeInLane } from "./lane.ts";
import { waitingSinceMs } from "./order.ts";
import { byAge, placeInQueue } from "./queue.ts";

/** A wished order: the moved tasks as they were named, on one side of an anchor. */
interface Wish {
  readonly moved: readonly Task[];
  /** The other queued tasks. */
  readonly others: readonly Task[];
  readonly side: "before" | "after";
}

/** True where tasks stand at an end of the queue already, and ageing takes none of them from there; `end` is the other task there. */
export function areAtEnd(wish: Wish & { readonly end: Task | null; readonly policy: Policy }): boolean {
  const { moved, side, end, policy } = wish;
  const ends = end === null ? [] : [end];
  const line = side === "before" ? [...moved, ...ends] : [...ends, ...moved];
  return isEach(line, (one, next) => staysAhead(one, next, policy)) && areAtEndOfLanes(wish);
}

/** True where tasks stand beside an anchor already, as by a move to this place. */
export function areBeside({
  moved,
  others,
  side,
  anchor,
  isLevel,
}: Wish & {
  readonly anchor: Task;
  readonly isLevel: (one: Task, other: Task) => boolean;
}): boolean {
  if (!moved.every((task) => isLevel(task, anchor))) return false;
  const level = others.filter((task) => isLevel(task, anchor));
  const isNext = (
    placeOf: (task: Task) => QueuePlace,
    around: readonly Task[],
    some: readonly Task[],
  ): boolean => areNextTo(placeOf(anchor), { places: some.map(placeOf), taken: around.map(placeOf), side });
  const { slot } = anchor.spec;
  const isMate = ({ spec }: Task): boolean => slot !== undefined && spec.slot === slot;
  return (
    isNext(placeInQueue, level, moved) && isNext(placeInLane, others.filter(isMate), moved.filter(isMate))
  );
}

function areAtEndOfLanes({ moved, others, side }: Wish): boolean {
  const bySlot = Map.groupBy(
    moved.filter(({ spec }) => spec.slot !== undefined),
    ({ spec }) => spec.slot,
  );
  return bySlot.entries().every(([slot, mates]) => {
    const taken = others.filter(({ spec }) => spec.slot === slot).map(placeInLane);
    const end = taken.toSorted(byPlace).at(side === "before" ? 0 : -1);
    const places = mates.map(placeInLane);
    return end === undefined ? isEach(places, isBefore) : areNextTo(end, { places, taken, side });
  });
}

/** True where places rise, and no other one is between them and the anchor. */
function areNextTo(
  at: QueuePlace,
  {
    places,
    taken,
    side,
  }: {
    readonly places: readonly QueuePlace[];
    readonly taken: readonly QueuePlace[];
    readonly side: Wish["side"];
  },
): boolean {
  const line = side === "before" ? [...places, at] : [at, ...places];
  const [first = at, last = at] = [line[0], line.at(-1)];
  return isEach(line, isBefore) && !taken.some((one) => isBefore(first, one) && isBefore(one, last));
}

/** True where a task is before another one now and stays so, however long both wait. */
function staysAhead(one: Task, other: Task, { ageingMs }: Policy): boolean {
  const lead = one.spec.priority - other.spec.priority;
  const laterMs = waitingSinceMs(one) - waitingSinceMs(other);
  if (laterMs <= 0) return lead > 0 || (lead === 0 && byAge(one, other) < 0);
  // By this much the other one may be ahead in points for its wait.
  return lead > Math.ceil(laterMs / ageingMs);
}

function isEach<T>(line: readonly T[], isRight: (one: T, next: T) => boolean): boolean {
  return line.every((one, index) => {
    const next = line[index + 1];
    return next === undefined || isRight(one, next);
  });
}

function isBefore(one: QueuePlace, other: QueuePlace): boolean {
  return byPlace(one, other) < 0;
}

/** The order of places. */
export function byPlace(left: QueuePlace, right: QueuePlace): number {
  return left.number - right.number || left.rank - right.rank;
}
