import type { TaskId } from "../model/identity.ts";
import { describeRequirement } from "../model/selector.ts";
import type { Task } from "../model/task.ts";
import { demandOf } from "./demand.ts";
import { gateOf } from "./gate.ts";
import { isSleeping } from "./lane.ts";
import { impossibilities } from "./place.ts";
import { describeShortage } from "./shortage.ts";
import type { Surroundings } from "./snapshot.ts";

/** Why a drain does not wait for queued tasks, by id; those that it waits for are not in it. */
export function reasonsNotToWait(around: Surroundings): ReadonlyMap<TaskId, string> {
  const queued = new Map(around.queued.map((task) => [task.metadata.id, task]));
  const reasons = new Map<TaskId, string | null>();
  const reasonOf = (task: Task): string | null => {
    const known = reasons.get(task.metadata.id);
    if (known !== undefined) return known;
    // What hangs on itself through a lane or a parent is looked at once.
    reasons.set(task.metadata.id, null);
    const reason = ownReason(task, around) ?? reasonBehind(task, { queued, around, reasonOf });
    reasons.set(task.metadata.id, reason);
    return reason;
  };
  const found = around.queued.map((task) => [task.metadata.id, reasonOf(task)] as const);
  return new Map(found.filter((one): one is [TaskId, string] => one[1] !== null));
}

function ownReason(task: Task, around: Surroundings): string | null {
  const gate = gateOf(task, around);
  if (gate.type === "held") return "held";
  if (gate.type === "selector") return `wants a supervisor with ${describeRequirement(gate.wanted)}`;
  if (gate.type === "scheduled") return `not before ${new Date(gate.untilMs).toISOString()}`;
  if (task.spec.restart.policy === "always") return "restarts always";
  const [short] = impossibilities(demandOf(task, around.machine.devices), around.machine);
  return short === undefined ? null : describeShortage(short);
}

interface Chain {
  readonly queued: ReadonlyMap<TaskId, Task>;
  readonly around: Surroundings;
  readonly reasonOf: (task: Task) => string | null;
}

/** What stands before it and does not get out of the way by itself. */
function reasonBehind(task: Task, { queued, around, reasonOf }: Chain): string | null {
  const gate = gateOf(task, around);
  if (gate.type === "dependency") {
    for (const { task: id, state } of gate.parents) {
      if (state !== "unended") return `its parent ${id} is ${state}`;
      const parent = queued.get(id);
      if (parent !== undefined && reasonOf(parent) !== null) return `behind its parent ${id}`;
    }
  }
  if (task.spec.slot === undefined) return null;
  const owner = around.queued.find(
    (other) => other !== task && other.spec.slot === task.spec.slot && isSleeping(other),
  );
  return owner === undefined || reasonOf(owner) === null ? null : `behind ${owner.metadata.id} in its lane`;
}
