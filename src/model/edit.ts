import { ok, type Result } from "../lib/result.ts";
import { type Problem, rejected } from "./errors.ts";
import type { Spec } from "./spec.ts";
import { withEdit } from "./spec-edit.ts";
import { isActive } from "./state.ts";
import type { Metadata, Task } from "./task.ts";

/** What a user may change of a task; the generation increases where the spec differs afterwards. */
export interface Edit {
  readonly spec: Spec;
  readonly labels: Metadata["labels"];
}

/**
 * Applies an edit: to the whole spec while no attempt is open, of a failed or cancelled task too, so that it can be corrected before its
 * retry; to priority, labels and a longer timeout of a running task.
 */
export function edited(task: Task, edit: Edit): Result<Task, Problem> {
  const { id, number } = task.metadata;
  if (task.status.state === "completed") {
    const hint = `submit it again: stint submit --from ${number}`;
    const message = `Cannot change "${id}": it is completed, wanted a task that has not completed`;
    return rejected("TASK_LOCKED", message, hint);
  }
  const refused = !isActive(task.status.state) ? null : refusedWhileRunning(task.spec, edit.spec);
  if (refused !== null) {
    const message = `Cannot change "${id}": ${refused} of a ${task.status.state} task, only priority, labels and a longer timeout can change`;
    return rejected("INVALID_TRANSITION", message, `cancel it first, then change and retry it`);
  }
  if (edit.spec.code?.mode === "snapshot" && task.metadata.code?.snapshot === undefined) {
    const hint = `submit it again: stint submit --from ${number} --code snapshot`;
    const message = `Cannot change "${id}" to code: snapshot: a snapshot is made when a task is submitted`;
    return rejected("INVALID_TRANSITION", message, hint);
  }
  const isNewSpec = JSON.stringify(task.spec) !== JSON.stringify(edit.spec);
  const relabelled = { ...task, metadata: { ...task.metadata, labels: edit.labels } };
  return ok(isNewSpec ? withSpec(relabelled, edit.spec) : relabelled);
}

/** A task with another spec, which is a new generation. */
export function withSpec(task: Task, spec: Spec): Task {
  const { metadata, spec: before } = task;
  const generation = metadata.generation + 1;
  const edits = withEdit(metadata.edits, { generation, before, after: spec });
  return { ...task, spec, metadata: { ...metadata, generation, edits } };
}

/** Names the first change that is not allowed for a running task; null where all are. */
function refusedWhileRunning(before: Spec, after: Spec): string | null {
  const isShorter =
    after.timeoutMs !== undefined && after.timeoutMs < (before.timeoutMs ?? Number.POSITIVE_INFINITY);
  if (isShorter)
    return before.timeoutMs === undefined ? "a timeout that it did not have" : "a shorter timeout";
  for (const key of Object.keys({ ...before, ...after }) as (keyof Spec)[]) {
    if (key === "priority" || key === "timeoutMs") continue;
    if (JSON.stringify(before[key]) !== JSON.stringify(after[key]))
      return key === "kind" ? "the command, its folder or its environment" : `"${key}"`;
  }
  return null;
}
