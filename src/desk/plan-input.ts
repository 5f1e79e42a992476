import { DependencyCache } from "../daemon/state/dependency-cache.ts";
import type { Task } from "../model/task.ts";
import type { PlanInput } from "../plan/input.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import type { Caller } from "./caller.ts";
import { configSeen } from "./config-seen.ts";
import { seenMachine } from "./machine.ts";

/** The input of the planner, as a supervisor would have it, as far as the files show. */
export async function planInputSeen(
  caller: Caller,
  layout: Layout,
  unfinished: readonly Task[],
): Promise<PlanInput> {
  const queued = unfinished.filter((task) => task.status.state === "queued");
  const active = unfinished.filter((task) => task.status.state !== "queued");
  const owner = lockOwner(layout);
  const { scheduling } = await configSeen(caller, layout, { owner });
  const dependencies = new DependencyCache(layout);
  for (const task of queued) dependencies.upsert(task);
  const related = dependencies.statesFor(new Map(unfinished.map((task) => [task.metadata.id, task])));
  return {
    nowMs: caller.clock.now(),
    queued,
    active,
    machine: await seenMachine(caller, layout, { scheduling, owner }),
    ...related,
  };
}
