import type { TaskId } from "../model/identity.ts";
import type { Policy } from "../model/policy.ts";
import type { Resources } from "../model/resources.ts";
import type { Task } from "../model/task.ts";
import { gateOf } from "./gate.ts";
import type { PlanInput } from "./input.ts";
import { type Lane, laneAdmits, lanesOf } from "./lane.ts";
import { bucketInDispatchOrder, orderStableMs, waitedMs } from "./order.ts";
import { type Permit, PermitCounts, permitsOf } from "./permits.ts";
import {
  type FreeResources,
  type Placement,
  place,
  reservedFor,
  roomBeside,
  unsatisfiable,
  without,
} from "./place.ts";
import type { PriorityBucket, Ready } from "./queue.ts";

/** What a ready task finds when its turn comes. */
export interface TurnContext {
  readonly room: FreeResources;
  /** The permit that is not to be had, or null. */
  readonly permit: Permit | null;
  /** The blocked task that room is kept for. */
  readonly keptFor: TaskId | null;
}

/** What is left once some ready tasks have been given places. */
interface Assignment {
  readonly placements: readonly Placement[];
  readonly room: FreeResources;
  readonly lanes: ReadonlyMap<string, Lane>;
  /** In ms from now, when ageing may have room kept for another task; null where waiting alone changes nothing. */
  readonly standsMs: number | null;
}

/** The queued tasks whose gates are open. */
export function readyTasks(around: PlanInput): Task[] {
  return around.queued.filter((task) => gateOf(task, around).type === "open");
}

/** Who is asked. */
interface Asked {
  /** Ready tasks. */
  readonly ready: readonly Task[];
  /** And free ones, which are ready too. */
  readonly lines?: readonly PriorityBucket[];
  /** Is shown what each of them finds. */
  readonly watch?: (task: Task, sight: TurnContext) => void;
}

/**
 * Asks ready tasks in the order of their turn, and gives each that fits its place. One that does not fit is passed by the
 * others until it has waited for the backfill span; the first such task then has what it lacks kept for it.
 */
export function assign(around: PlanInput, { ready, lines = [], watch }: Asked): Assignment {
  const { machine, active, queued, nowMs } = around;
  const { policy } = machine;
  const lanes = lanesOf({ active, queued, ready, policy });
  const permits = new PermitCounts(active, policy);
  const placements: Placement[] = [];
  let room = roomBeside(active, machine);
  let kept: TaskId | null = null;
  // Room only shrinks in a round: who asks for the same as one who found none will find none.
  const blocked = new Set<string>();
  const isAsking = room.jobs > 0 || watch !== undefined;
  let isAnyOld: boolean | null = null;
  // True where nothing can start any more, nor anything be kept: no task runs without a CPU.
  const isOver = (): boolean => {
    if (room.jobs <= 0 || room.cpus >= 1) return room.jobs <= 0;
    isAnyOld ??= hasOld({ ready, lines }, { nowMs, policy });
    return kept !== null || !isAnyOld;
  };
  for (const task of isAsking ? bucketInDispatchOrder({ ready, lines }, { nowMs, policy }) : []) {
    if (watch === undefined && isOver()) break;
    const wanted = permitsOf(task, policy);
    const permit = permits.missing(wanted);
    watch?.(task, { room, permit, keptFor: kept });
    if (room.jobs <= 0 || permit !== null || !laneAdmits(task, lanes)) continue;
    const mayKeep: boolean = kept === null && waitedMs(task, nowMs) >= policy.backfillMs;
    const alike = mayKeep ? null : alikeOf(task);
    if (alike !== null && (room.cpus < 1 || blocked.has(alike))) continue;
    const found = place(task, room, machine);
    if ("placement" in found) {
      placements.push(found.placement);
      room = without(room, found.placement, machine);
      permits.take(wanted);
      continue;
    }
    if (alike !== null) blocked.add(alike);
    const isKeeping = mayKeep && unsatisfiable(found.demand, machine).length === 0;
    const left: FreeResources | null = isKeeping ? reservedFor(task, found, room) : null;
    if (left === null) continue;
    kept = task.metadata.id;
    room = left;
  }
  // With nothing kept, what fits nowhere now fits nowhere in any other order.
  const standsMs = kept === null ? null : orderStableMs({ ready, lines }, { nowMs, policy });
  return { placements, room, lanes, standsMs };
}

/** The same text for tasks that ask for the same; null for those whose attempts may have changed what they ask for. */
function alikeOf({ spec: { resources }, status }: Task): string | null {
  if (status.attempts.length > 0) return null;
  const text = texts.get(resources) ?? JSON.stringify(resources);
  texts.set(resources, text);
  return text;
}

/** The members of a sweep have the same resources, not only equal ones. */
const texts = new WeakMap<Resources, string>();

/** True where one has waited for so long that room may be kept for it. */
function hasOld(
  { ready, lines }: Ready,
  { nowMs, policy }: { readonly nowMs: number; readonly policy: Policy },
): boolean {
  const isOld = (task: Task): boolean => waitedMs(task, nowMs) >= policy.backfillMs;
  return ready.some(isOld) || lines.some(({ tasks }) => tasks.slice(0, 1).some(isOld));
}
