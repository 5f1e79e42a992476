import { ok, type Result } from "../../lib/result.ts";
import { type Problem, rejected } from "../../model/errors.ts";
import { isService } from "../../model/service.ts";
import type { Draft } from "../../model/submission.ts";
import type { Task } from "../../model/task.ts";
import { plainDemand } from "../../plan/demand.ts";
import type { Machine } from "../../plan/input.ts";
import { unsatisfiable } from "../../plan/place.ts";
import { describeShortage } from "../../plan/shortage.ts";
import { commitBatch } from "../../store/batch.ts";
import { tryFs } from "../../store/fs-errors.ts";
import type { Layout } from "../../store/layout.ts";
import { refuseUnenforceable } from "../jobs/limit-refusal.ts";
import { refuseUnusableEnvironment } from "../jobs/unusable-environment.ts";
import { type AcceptOptions, type Submitter, tasksOf } from "./accept.ts";
import { QueueView } from "./queue-view.ts";
import { type Parents, resolveParents } from "./resolve-dependencies.ts";

/** Queued tasks of one lane; more come from a program that submits in a loop. */
const MAX_LANE_LENGTH = 10_000;

/** Who submits the drafts, and the machine that they must fit. */
export type Enqueueing = Submitter &
  AcceptOptions & {
    readonly machine: Machine;
    readonly controllers: readonly string[];
    /** Shared by calls that queue several files together; read from the disk where absent. */
    readonly seen?: QueueView;
  };

/** Queues all drafts or none; the tasks outlive a power cut once this returns. Errors: why a draft is refused, or what the disk refused. */
export function enqueue(
  layout: Layout,
  drafts: readonly Draft[],
  options: Enqueueing,
): Result<Task[], Problem> {
  const { batch, firing } = options;
  const tasks = tasksFor(layout, drafts, options);
  if (!tasks.ok) return tasks;
  const fired = firing?.schedule === undefined ? null : { ...firing, schedule: firing.schedule };
  return tryFs("queue the tasks", () => {
    commitBatch(layout, batch, {
      tasks: tasks.value,
      ...(fired !== null && { fired: { ...fired, tasks: tasks.value.map(({ metadata }) => metadata.id) } }),
    });
    return tasks.value;
  });
}

/** Checks drafts against the machine and the queue, and makes tasks of them; they count once they are committed. */
export function tasksFor(
  layout: Layout,
  drafts: readonly Draft[],
  options: Enqueueing,
): Result<Task[], Problem> {
  const parents = checkDrafts(drafts, { ...options, seen: options.seen ?? new QueueView(layout) });
  if (!parents.ok) return parents;
  return tryFs("queue the tasks", () => tasksOf(layout, drafts, { ...options, parents: parents.value }));
}

/** What drafts are checked against. */
type Checking = Pick<Enqueueing, "machine" | "controllers" | "environment"> & { readonly seen: QueueView };

/** Refuses drafts that cannot be queued now; gives their parents. Changes nothing. */
export function checkDrafts(drafts: readonly Draft[], checking: Checking): Result<Parents, Problem> {
  const { environment, seen } = checking;
  const fit = refuseUnfit(drafts, checking);
  if (!fit.ok) return fit;
  const usable = refuseUnusableEnvironment(drafts, environment);
  if (!usable.ok) return usable;
  const room = refuseFullLanes(drafts, seen);
  if (!room.ok) return room;
  return resolveParents(seen, drafts);
}

/** Refuses drafts that this machine can never run, or not within their limits. */
export function refuseUnfit(
  drafts: readonly Draft[],
  { machine, controllers }: Pick<Checking, "machine" | "controllers">,
): Result<null, Problem> {
  const placeable = refuseUnplaceable(drafts, machine);
  return placeable.ok ? refuseUnenforceable(drafts, controllers) : placeable;
}

/** Refuses the first draft that this machine can never run, and names the resource that is short; `action` is what the caller tries. */
export function refuseUnplaceable(
  drafts: readonly Pick<Draft, "name" | "spec">[],
  machine: Machine,
  action = "queue",
): Result<null, Problem> {
  for (const draft of drafts) {
    const [short] = unsatisfiable(plainDemand(draft.spec.resources, isService(draft)), machine);
    if (short === undefined) continue;
    const message = `Cannot ${action} "${draft.name}": it ${describeShortage(short)}, so it could never start`;
    const hint =
      short.resource === "gpus"
        ? "see what there is: stint gpus"
        : "ask for less, or submit it on a machine that has more";
    return rejected("UNPLACEABLE", message, hint);
  }
  return ok(null);
}

function refuseFullLanes(drafts: readonly Draft[], seen: QueueView): Result<null, Problem> {
  for (const [slot, count] of countBy(drafts.map(({ spec }) => spec.slot))) {
    const waiting = seen.inLane(slot);
    if (waiting + count <= MAX_LANE_LENGTH) continue;
    const message = `Cannot queue ${count} more in the lane "${slot}": ${waiting === 1 ? "1 task waits" : `${waiting} tasks wait`} in it, the limit is ${MAX_LANE_LENGTH}`;
    return rejected("QUEUE_FULL", message, `see what blocks it: stint ls --slot ${slot}`);
  }
  return ok(null);
}

function countBy(keys: readonly (string | undefined)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) {
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
