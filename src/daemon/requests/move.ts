import { err, ok, type Result } from "../../lib/result.ts";
import type { Steps } from "../../lib/steps.ts";
import { type Problem, problem } from "../../model/errors.ts";
import type { Answer, Operation } from "../../model/request.ts";
import type { Task } from "../../model/task.ts";
import { readyTasks } from "../../plan/assign.ts";
import { moverOf, type Where } from "../../plan/position.ts";
import type { Supervisor } from "../supervisor.ts";
import {
  areOnTheirWay,
  eachTarget,
  type RequestedOperation,
  type TargetChange,
  targetTask,
} from "./each-target.ts";

/**
 * Moves queued tasks before or after another one, or to an end of the queue. Their places are chosen when the first of them is changed, so
 * that they keep the order in which they were named. Carried out again after a crash, it moves them to the same place.
 */
export function* moveSteps(
  supervisor: Supervisor,
  requested: RequestedOperation,
  { targets, where }: Extract<Operation, { verb: "move" }>,
): Steps<Answer[]> {
  if ("anchor" in where) while (areOnTheirWay(supervisor, [where.anchor])) yield "wait";
  const place = placeOf(supervisor, where);
  if (!place.ok) return targets.map(({ id }) => ({ id, problem: { ...place.error } }));
  let mover: ReturnType<typeof moverOf> | null = null;
  return yield* eachTarget(supervisor, requested, (task) => {
    const { id } = task.metadata;
    const { state } = task.status;
    if (state !== "queued")
      return err(problem("INVALID_TRANSITION", `Cannot move "${id}": it is ${state}, wanted a queued task`));
    mover ??= moverFor(supervisor, targets, place.value);
    const moved = mover(task);
    return moved === null
      ? err(noRoom(task))
      : changeTo(task, moved, { where: place.value, actor: requested.actor });
  });
}

function placeOf(
  supervisor: Supervisor,
  where: Extract<Operation, { verb: "move" }>["where"],
): Result<Where, Problem> {
  if (!("anchor" in where)) return ok(where);
  const anchor = targetTask(supervisor, where.anchor);
  if (!anchor.ok) return anchor;
  const { metadata, status } = anchor.value;
  if (status.state === "queued") return ok({ type: where.type, anchor: anchor.value });
  const message = `Cannot move a task ${where.type} "${metadata.id}": it is ${status.state}, wanted a queued task`;
  return err(problem("INVALID_TRANSITION", message, "to the ends of the queue: --top, --bottom"));
}

function moverFor(
  { queue, machine, context }: Supervisor,
  targets: Extract<Operation, { verb: "move" }>["targets"],
  where: Where,
): ReturnType<typeof moverOf> {
  const nowMs = context.clock.now();
  const around = { ...queue.planInputAt(nowMs, machine), queued: queue.queued };
  return moverOf({
    ids: targets.map(({ id }) => id),
    where,
    queued: around.queued,
    ready: where.type === "top" || where.type === "bottom" ? readyTasks(around) : [],
    nowMs,
    policy: machine.policy,
  });
}

function noRoom({ metadata: { id } }: Task): Problem {
  const message = `Cannot move "${id}": too many tasks were moved to this place`;
  return problem("INVALID_TRANSITION", message, "move the task that is to follow it first, then both");
}

function changeTo(
  before: Task,
  { task: after, beside }: NonNullable<ReturnType<ReturnType<typeof moverOf>>>,
  { where, actor }: { readonly where: Where; readonly actor: string },
): TargetChange {
  const isBeside = "anchor" in where;
  const at = isBeside ? `${where.type} ${where.anchor.metadata.id}` : `at the ${where.type} of the queue`;
  const place = isBeside ? at : `to the ${where.type} of the queue`;
  if (after === before) return ok({ change: null, done: `is ${at} already` });
  const { priority } = after.spec;
  const has =
    priority === before.spec.priority ? "" : `, with the priority ${priority} of ${beside.metadata.id}`;
  return ok({
    change: { before, after, actor, event: "moved", detail: place },
    done: `moved ${place}${has}`,
  });
}
