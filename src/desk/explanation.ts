import type { Explanation } from "../model/api/answers.ts";
import { failureOfAttempt } from "../model/attempt.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import type { Mirror } from "./mirror/mirror.ts";
import { readOverview } from "./overview.ts";
import { waitsSeen } from "./waits.ts";

/** Why a task waits, or how its last attempt failed. */
export async function explanationOf(
  { caller, layout, mirror }: { readonly caller: Caller; readonly layout: Layout; readonly mirror: Mirror },
  task: Task,
): Promise<Explanation> {
  const { id } = task.metadata;
  const { state, attempt } = task.status;
  const known = await mirror.waits(id);
  // One that was queued just now may not be in the mirror yet.
  const isNew = state === "queued" && known.length === 0;
  const seen = isNew ? await waitsSeen(caller, layout, readOverview(layout, caller.clock.now())) : null;
  const failure = failureOfAttempt(task.status.attempts.at(-1));
  return {
    id,
    state,
    waits: [...(seen?.(task) ?? known)],
    failure:
      failure === null ? null : { class: failure.class, code: failure.code, error: failure.error, attempt },
  };
}
