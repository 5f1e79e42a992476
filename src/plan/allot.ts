import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { gateOf } from "./gate.ts";
import { isLet, type Lane, lanesOf } from "./lane.ts";
import { inTurn, waitedMs } from "./order.ts";
import { PermitCounts, permitsOf } from "./permits.ts";
import { impossibilities, keptFor, type Placement, place, type Room, roomBeside, without } from "./place.ts";
import type { Surroundings } from "./snapshot.ts";

/** What is left once some ready tasks have been given places. */
export interface Allotment {
  readonly placements: readonly Placement[];
  readonly room: Room;
  readonly permits: PermitCounts;
  readonly lanes: ReadonlyMap<string, Lane>;
  /** The blocked task that room is kept for. */
  readonly keptFor: TaskId | null;
}

/** The queued tasks whose gates are open. */
export function readyTasks(around: Surroundings): Task[] {
  return around.queued.filter((task) => gateOf(task, around).type === "open");
}

/**
 * Asks ready tasks in the order of their turn, and gives each that fits its place. One that does not fit is passed by the
 * others until it has waited for the backfill span; the first such task then has what it lacks kept for it.
 * `before` ends the round ahead of one task, to see what it would find.
 */
export function allot(
  around: Surroundings,
  { ready, before }: { readonly ready: readonly Task[]; readonly before?: Task },
): Allotment {
  const { machine, active, queued, nowMs } = around;
  const { policy } = machine;
  const lanes = lanesOf({ active, queued, ready, policy });
  const permits = new PermitCounts(active, policy);
  const placements: Placement[] = [];
  let room = roomBeside(active, machine);
  let kept: TaskId | null = null;
  const asked = room.jobs <= 0 && before === undefined ? [] : inTurn(ready, { nowMs, policy });
  for (const task of asked) {
    if (task === before || room.jobs <= 0) break;
    const wanted = permitsOf(task, policy);
    if (!isLet(task, lanes) || permits.missing(wanted) !== null) continue;
    const found = place(task, room, machine);
    if ("placement" in found) {
      placements.push(found.placement);
      room = without(room, found.placement, machine);
      permits.take(wanted);
    } else if (
      kept === null &&
      waitedMs(task, nowMs) >= policy.backfillMs &&
      impossibilities(found.demand, machine).length === 0
    ) {
      kept = task.metadata.id;
      room = keptFor(task, found, room);
    }
  }
  return { placements, room, permits, lanes, keptFor: kept };
}
