import { editFields, type TypedKey } from "../intake/fields-typed.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Edit } from "../model/edit.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Target } from "../model/request.ts";
import type { Task } from "../model/task.ts";
import type { Context } from "./context.ts";
import { fieldContext } from "./drafts.ts";
import { usageOf } from "./flag-faults.ts";
import { targetOf } from "./targets.ts";

/** What a task is after `key=value` pairs. */
export async function editOf(
  context: Context,
  task: Task,
  pairs: readonly TypedKey[],
): Promise<Result<Edit, Problem>> {
  const edited = await editFields(
    { spec: task.spec, labels: task.metadata.labels },
    pairs,
    fieldContext(context),
  );
  if (!edited.ok) return err(usageOf(edited.error));
  const { spec, labels, parents } = edited.value;
  if (parents === undefined) return ok({ spec, labels });
  const message = `Cannot set "${task.metadata.id}": what a task waits for is fixed when it is queued`;
  return err(
    problem("USAGE", message, `submit it again: stint submit --from ${task.metadata.number} --after …`),
  );
}

/** Tasks in their present version, each with its edit; the first fault of any is the result. */
export async function editedTargets(
  context: Context,
  tasks: readonly Task[],
  pairs: readonly TypedKey[],
): Promise<Result<Target[], Problem>> {
  const targets: Target[] = [];
  for (const task of tasks) {
    const edit = await editOf(context, task, pairs);
    if (!edit.ok) return edit;
    targets.push({ ...targetOf(task), version: task.metadata.resourceVersion, edit: edit.value });
  }
  return ok(targets);
}
