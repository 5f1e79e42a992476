import type { Task } from "../model/task.ts";
import { type Wait, whyWaiting } from "../plan/waiting.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock.ts";
import { obstacleOf } from "../store/obstacle.ts";
import { readTasks } from "../store/reader.ts";
import type { Context } from "./context.ts";

/** What a reader can say of the living part of the queue. */
export interface Overview {
  readonly active: readonly Task[];
  readonly queued: readonly Task[];
  readonly isSupervised: boolean;
  /** Why nothing new starts, whatever has its turn; null where nothing is in the way. */
  readonly obstacle: string | null;
  readonly whyWaiting: (task: Task) => Wait;
}

/** Reads pending/ and running/, and who supervises them. */
export function readOverview(context: Context, layout: Layout): Overview {
  const unended = readTasks(layout, ["running", "pending"]);
  const queued = unended.filter((task) => task.status.state === "queued");
  const active = unended.filter((task) => task.status.state !== "queued");
  const owner = lockOwner(layout);
  const capacity = owner?.capacity ?? null;
  const nowMs = context.clock.now();
  return {
    active,
    queued,
    isSupervised: capacity !== null,
    obstacle: obstacleOf(layout),
    whyWaiting: (task) => {
      const wait = whyWaiting(task, { nowMs, queued, active, capacity });
      // A `run` starts its own tasks: one that has room and does not start is not of them.
      return wait.type === "next" && owner?.role === "run" ? { type: "unsupervised" } : wait;
    },
  };
}
