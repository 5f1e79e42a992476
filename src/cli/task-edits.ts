import { requestOperation } from "../desk/request-operation.ts";
import { targetAttemptOf, targetOf, unanswered } from "../desk/targets.ts";
import { editFields, type TypedKey } from "../intake/fields-typed.ts";
import type { NamedPlace } from "../intake/inputs/fill-settings.ts";
import { fieldNamed } from "../intake/key-names.ts";
import { asLines } from "../lib/printable.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Edit } from "../model/edit.ts";
import { type Problem, problem } from "../model/errors.ts";
import { sweepPlaceOf } from "../model/group.ts";
import type { Operation, Target } from "../model/request.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { readTask } from "../store/reader.ts";
import type { Context } from "./context.ts";
import { fieldContext } from "./drafts.ts";
import { usageOf } from "./flag-faults.ts";

/** What a task is after `key=value` pairs. */
export async function editOf(
  context: Context,
  task: Task,
  pairs: readonly TypedKey[],
): Promise<Result<Edit, Problem>> {
  const fixed = fixedValue(task, pairs);
  if (fixed !== null) return err(fixed);
  const edited = await editFields(
    { spec: task.spec, labels: task.metadata.labels, place: placeOf(task) },
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

function placeOf({ metadata }: Task): NamedPlace | null {
  const place = sweepPlaceOf(metadata);
  return place && { ...place, name: metadata.group?.name ?? metadata.name };
}

/** The error for a key that is a value of the task's sweep: it was filled in when the sweep was submitted. */
function fixedValue(
  { metadata: { id, number, group }, spec }: Task,
  pairs: readonly TypedKey[],
): Problem | null {
  const names = Object.keys(group?.values ?? {});
  const pair = pairs.find(
    ([key]) => names.includes(key.replace(/^matrix\./, "")) && fieldNamed(key) === null,
  );
  if (pair === undefined) return null;
  const name = pair[0].replace(/^matrix\./, "");
  const message = `Cannot set "${pair[0]}" of "${id}": the values of a sweep are fixed for its members`;
  const hint = Object.hasOwn(spec.inputs ?? {}, name)
    ? `set its input of this name: inputs.${name}=${String(pair[1])}`
    : `change what it runs: stint set ${number} run="…" (or command=); an input could be set: \`inputs: {${name}: …}\` in the file, \${{ inputs.${name} }} where it is used, then inputs.${name}=${String(pair[1])}`;
  return problem("USAGE", message, hint);
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
    targets.push({ ...targetAttemptOf(task), version: task.metadata.resourceVersion, edit: edit.value });
  }
  return ok(targets);
}

/** A supervisor changes records too: as long as the spec is unchanged, a version conflict is resolved by trying again. */
const MAX_TRIES = 5;

interface TaskChange {
  readonly task: Task;
  /** The only version that may be changed; absent for the latest, as long as its spec is that of `task`. */
  readonly version?: number | undefined;
  /** Shows what would change. */
  readonly isDry?: boolean;
  /** What a version of the task becomes. */
  readonly editFor: (task: Task) => Promise<Result<Edit, Problem>> | Result<Edit, Problem>;
}

/** Changes a task and prints so; returns why it is not changed. */
export async function changeTask(
  context: Context,
  layout: Layout,
  change: TaskChange,
): Promise<Problem | null> {
  let { task } = change;
  for (let tries = 1; ; tries += 1) {
    const edit = await change.editFor(task);
    if (!edit.ok) return edit.error;
    const version = change.version ?? task.metadata.resourceVersion;
    const targets = [{ ...targetOf(task), version }];
    const isDry = change.isDry === true;
    const operation: Operation = {
      verb: "set",
      targets,
      ...edit.value,
      ...(isDry && { dryRun: true as const }),
    };
    const refused = await request(context, layout, operation);
    if (refused === null) {
      const { changesIn } = await import("../intake/changed-fields.ts");
      const changes = changesIn({ spec: task.spec, labels: task.metadata.labels }, edit.value);
      const verb = isDry ? "would be changed" : "changed";
      const what = changes.length === 0 ? "is as it was" : `${verb}: ${changes.join(", ")}`;
      context.out(asLines([`${task.metadata.id} ${what}`]));
      return null;
    }
    const latest = readTask(layout, task.metadata.id);
    const isOurs =
      latest.ok &&
      latest.value.metadata.generation === task.metadata.generation &&
      latest.value.metadata.epoch === task.metadata.epoch;
    const mayRepeat =
      refused.code === "VERSION_CONFLICT" && change.version === undefined && isOurs && tries < MAX_TRIES;
    if (!mayRepeat) return refused;
    task = latest.value;
  }
}

async function request(context: Context, layout: Layout, operation: Operation): Promise<Problem | null> {
  const performed = await requestOperation(context, layout, operation);
  if (!performed.ok) return performed.error;
  if (performed.value.requested > 0) return unanswered();
  const [answer] = performed.value.answers;
  if (answer?.problem === undefined) return null;
  const { code, message, hint } = answer.problem;
  return problem(code as Problem["code"], message, hint);
}
