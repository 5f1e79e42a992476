import type { TaskId } from "../model/identity.ts";
import type { Policy } from "../model/policy.ts";
import type { Resources } from "../model/resources.ts";
import { isService } from "../model/service.ts";
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

/*
 * Assignment of the machine to ready tasks, in dispatch order, with backfill and one reservation, as Slurm's backfill scheduler does it.
 *
 * For each ready task, in dispatch order (see `inDispatchOrder`):
 *   1. a permit that is missing (limits by label and by sweep), or a lane that does not admit it, passes it over;
 *   2. `place` finds its CPUs, memory and devices in what is still free, and the free resources shrink by them;
 *   3. where they do not suffice, the tasks behind it may still be placed: backfill;
 *   4. once it has been ready for `policy.backfillMs`, resources are reserved for it, which no task behind it gets: first its GPUs, and
 *      its CPUs and memory once no GPU is short, so that tasks without GPUs never wait for a GPU (see `reservedFor`).
 *
 * Invariants
 *   - The placements fit beside all active tasks and beside each other: free resources only shrink in a turn.
 *   - At most one task has a reservation: the first in dispatch order that is blocked for that long. A task has none that lacks a permit or
 *     a lane, that this machine can never run, or whose GPUs processes outside stint use.
 *   - While it is first, it starts within the backfill span plus the longest running time of other jobs, for its GPUs, and once more that
 *     time for its CPUs and memory.
 *   - A reservation is a result of the turn and kept nowhere: the next turn, or the next supervisor, computes it again from the records.
 *   - `watch` observes what every task finds, so an explanation of a wait is the computation of the plan itself.
 */

/** What a ready task finds when it is its turn. */
export interface TurnContext {
  readonly room: FreeResources;
  /** The permit that is missing, or null. */
  readonly permit: Permit | null;
  /** The blocked task that resources are reserved for, or null. */
  readonly keptFor: TaskId | null;
}

/** The placements of a turn, and what they leave free. */
interface Assignment {
  readonly placements: readonly Placement[];
  readonly room: FreeResources;
  readonly lanes: ReadonlyMap<string, Lane>;
  /** In ms from now, when ageing may give the reservation to another task; null where time alone changes nothing. */
  readonly stableMs: number | null;
}

/** The queued tasks whose gates are open. */
export function readyTasks(around: PlanInput): Task[] {
  return around.queued.filter((task) => gateOf(task, around).type === "open");
}

/** The candidates of a turn. */
interface Asked {
  /** Ready tasks in any order. */
  readonly ready: readonly Task[];
  /** Unconstrained tasks, which are always ready. */
  readonly buckets?: readonly PriorityBucket[];
  /** Called for each candidate in dispatch order, with what it finds. */
  readonly watch?: (task: Task, context: TurnContext) => void;
}

/** Places the candidates in dispatch order; see the head of this file. */
export function assign(around: PlanInput, { ready, buckets = [], watch }: Asked): Assignment {
  const { machine, active, queued, nowMs } = around;
  const { policy } = machine;
  const lanes = lanesOf({ active, queued, ready, policy });
  const permits = new PermitCounts(active, policy);
  const placements: Placement[] = [];
  let room = roomBeside(active, machine);
  let reservedTask: TaskId | null = null;
  // Free resources only shrink in a turn: a request equal to one that did not fit will not fit.
  const blocked = new Set<string>();
  const isAsking = room.jobs > 0 || watch !== undefined || ready.some(isService);
  let isAnyOverdue: boolean | null = null;
  // True where no further task can start and none can get the reservation: each needs a CPU.
  const isExhausted = (): boolean => {
    if (room.jobs <= 0 || room.cpus >= 1) return room.jobs <= 0;
    isAnyOverdue ??= hasOverdue({ ready, buckets }, { nowMs, policy });
    return reservedTask !== null || !isAnyOverdue;
  };
  const order = isAsking ? bucketInDispatchOrder({ ready, buckets }, { nowMs, policy }) : [];
  const mayStop = (): boolean => watch === undefined && isExhausted();
  for (const task of throughServices(order, { ready, mayStop, around })) {
    const takesSlot = !isService(task);
    const wanted = permitsOf(task, policy);
    const permit = permits.missing(wanted);
    watch?.(task, { room, permit, keptFor: reservedTask });
    if ((takesSlot && room.jobs <= 0) || permit !== null || !laneAdmits(task, lanes)) continue;
    const mayReserve: boolean = reservedTask === null && waitedMs(task, nowMs) >= policy.backfillMs;
    const requestKey = mayReserve ? null : requestKeyOf(task);
    if (requestKey !== null && ((takesSlot && room.cpus < 1) || blocked.has(requestKey))) continue;
    const found = place(task, room, machine);
    if ("placement" in found) {
      placements.push(found.placement);
      room = without(room, found.placement, machine);
      permits.take(wanted);
      continue;
    }
    if (requestKey !== null) blocked.add(requestKey);
    const isReserving = mayReserve && unsatisfiable(found.demand, machine).length === 0;
    const left: FreeResources | null = isReserving ? reservedFor(task, found, room) : null;
    if (left === null) continue;
    reservedTask = task.metadata.id;
    room = left;
  }
  // Without a reservation, the order makes no difference to a task that does not fit.
  const stableMs = reservedTask === null ? null : orderStableMs({ ready, buckets }, { nowMs, policy });
  return { placements, room, lanes, stableMs };
}

/** The tasks in dispatch order; once no other can start, the services that are left, as these need neither slot nor CPU. */
function* throughServices(
  order: Iterable<Task>,
  {
    ready,
    mayStop,
    around: { nowMs, machine },
  }: { readonly ready: readonly Task[]; readonly mayStop: () => boolean; readonly around: PlanInput },
): Iterable<Task> {
  const left = new Set(ready.filter(isService));
  for (const task of order) {
    if (mayStop()) {
      if (left.size > 0)
        yield* bucketInDispatchOrder({ ready: [...left], buckets: [] }, { nowMs, policy: machine.policy });
      return;
    }
    left.delete(task);
    yield task;
  }
}

/** Equal for tasks with equal requests; null for those whose earlier attempts may have changed the request. */
function requestKeyOf({ spec: { resources, service }, status }: Task): string | null {
  if (status.attempts.length > 0 || service !== undefined) return null;
  const text = texts.get(resources) ?? JSON.stringify(resources);
  texts.set(resources, text);
  return text;
}

/** Cached by identity: the members of a sweep share one object. */
const texts = new WeakMap<Resources, string>();

/** True where a task has waited for the backfill span, and may get the reservation. */
function hasOverdue(
  { ready, buckets }: Ready,
  { nowMs, policy }: { readonly nowMs: number; readonly policy: Policy },
): boolean {
  const isOverdue = (task: Task): boolean => waitedMs(task, nowMs) >= policy.backfillMs;
  return ready.some(isOverdue) || buckets.some(({ tasks }) => tasks.slice(0, 1).some(isOverdue));
}
