import type { Task } from "../model/task.ts";
import { type Gate, gateOf } from "./gate.ts";
import type { PlanInput } from "./input.ts";
import { inDispatchOrder } from "./order.ts";

/**
 * The queued tasks in the order in which they are expected to start: ready ones in dispatch order, then those that wait for a time, the
 * earliest first, then those that wait for other tasks, then those that need a user. Backfill may let a small task
 * pass a large one.
 */
export function inStartOrder(around: PlanInput): readonly Task[] {
  const { nowMs, machine } = around;
  const ready: Task[] = [];
  const gated: { readonly task: Task; readonly rank: number; readonly untilMs: number }[] = [];
  for (const task of around.queued) {
    const gate = gateOf(task, around);
    if (gate.type === "open") ready.push(task);
    else gated.push({ task, rank: rankOf(gate), untilMs: "untilMs" in gate ? gate.untilMs : 0 });
  }
  gated.sort(
    (left, right) =>
      left.rank - right.rank ||
      left.untilMs - right.untilMs ||
      left.task.metadata.number - right.task.metadata.number,
  );
  return [...inDispatchOrder(ready, { nowMs, policy: machine.policy }), ...gated.map(({ task }) => task)];
}

/** How soon a gate opens: at a time, after tasks that are not finished, or not by itself. */
function rankOf(gate: Exclude<Gate, { type: "open" }>): number {
  switch (gate.type) {
    case "scheduled":
    case "backoff":
    case "preflight":
    case "interval":
      return 0;
    case "dependency":
      return gate.parents.every(({ state }) => state === "unfinished") ? 1 : 2;
    case "selector":
    case "held":
      return 2;
  }
}
