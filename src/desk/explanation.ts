import type { Explanation } from "../model/api/answers.ts";
import { failureOfAttempt } from "../model/attempt.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import { readOverview } from "./overview.ts";
import { waitsSeen } from "./waits.ts";

/** Why a task waits, or how its last attempt failed. */
export async function explanationOf(caller: Caller, layout: Layout, task: Task): Promise<Explanation> {
  const { id } = task.metadata;
  const { state, attempt } = task.status;
  const isQueued = state === "queued";
  const waitsOf = isQueued
    ? await waitsSeen(caller, layout, readOverview(layout, caller.clock.now()))
    : () => [];
  const failure = failureOfAttempt(task.status.attempts.at(-1));
  return {
    id,
    state,
    waits: [...waitsOf(task)],
    failure:
      failure === null ? null : { class: failure.class, code: failure.code, error: failure.error, attempt },
  };
}
