import { editFields } from "../intake/fields-typed.ts";
import { ok, type Result } from "../lib/result.ts";
import type { ChangeAnswer } from "../model/api/changes.ts";
import { type Problem, problem, rejected } from "../model/errors.ts";
import { sweepPlaceOf } from "../model/group.ts";
import type { Operation, Target } from "../model/request.ts";
import { isTerminal } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import { requestOperation } from "./request-operation.ts";
import { findNamed } from "./select.ts";
import { targetAttemptOf, targetOf } from "./targets.ts";

/** A change of tasks that any face may ask for. */
export type TaskChange =
  | { readonly verb: "cancel"; readonly force: boolean }
  | { readonly verb: "retry" | "hold" | "release" }
  | { readonly verb: "set"; readonly values: Readonly<Record<string, string | number | boolean>> };

/** The tasks to change. */
export interface ChangedTasks {
  readonly references: readonly string[];
  /** The only version of the one task that may be changed. */
  readonly version?: number | undefined;
  /** The only task that may be meant: a number or a name may stand for another one by now. */
  readonly uid?: string | undefined;
}

/** Changes tasks; the error is the reason why none of them could be looked at. Each task has an answer of its own. */
export async function changeTasks(
  caller: Caller,
  layout: Layout,
  { change, changed }: { readonly change: TaskChange; readonly changed: ChangedTasks },
): Promise<Result<ChangeAnswer, Problem>> {
  const found = findNamed(layout, changed.references);
  if (!found.ok) return found;
  const { byGroup } = found.value;
  const tasks = found.value.tasks.filter((task) => !byGroup.has(task) || isFor(task, change));
  const unsure = refuseUnsure(tasks, changed);
  if (unsure !== null) return unsure;
  const answers: ChangeAnswer["answers"] = [];
  let unanswered = 0;
  for (const operation of await operationsOf(caller, tasks, { change, changed })) {
    if ("problem" in operation) {
      answers.push(operation);
      continue;
    }
    const performed = await requestOperation(caller, layout, operation);
    if (!performed.ok) return performed;
    answers.push(...performed.value.answers);
    unanswered += performed.value.requested;
  }
  return ok({ answers, unanswered });
}

/** The name of a sweep stands for the members that a change applies to. */
function isFor({ status: { state }, spec }: Task, { verb }: TaskChange): boolean {
  switch (verb) {
    case "cancel":
      return !isTerminal(state);
    case "retry":
      return state === "failed" || state === "cancelled";
    case "hold":
      return state === "queued" && !spec.hold;
    case "release":
      return state === "queued" && spec.hold;
    case "set":
      return state !== "completed";
  }
}

function refuseUnsure(tasks: readonly Task[], { version, uid }: ChangedTasks): Result<never, Problem> | null {
  const [task, ...others] = tasks;
  if (version === undefined && uid === undefined) return null;
  if (task === undefined || others.length > 0)
    return rejected(
      "USAGE",
      `Cannot compare a version with ${tasks.length} tasks, wanted one task`,
      "send a request for each of them",
    );
  if (uid === undefined || task.metadata.uid === uid) return null;
  const { id } = task.metadata;
  return rejected(
    "VERSION_CONFLICT",
    `Cannot change "${id}": another task has its name now`,
    "read it again",
  );
}

type Refused = ChangeAnswer["answers"][number] & { readonly problem: object };

async function operationsOf(
  caller: Caller,
  tasks: readonly Task[],
  { change, changed }: { readonly change: TaskChange; readonly changed: ChangedTasks },
): Promise<(Operation | Refused)[]> {
  if (tasks.length === 0) return [];
  const exactly = (target: Target): Target =>
    changed.version === undefined ? target : { ...target, version: changed.version };
  const targets = tasks.map((task) => exactly(targetOf(task)));
  switch (change.verb) {
    case "cancel":
      return [{ verb: "cancel", targets, force: change.force, pendingOnly: false }];
    case "retry":
      return [{ verb: "retry", targets: tasks.map((task) => exactly(targetAttemptOf(task))) }];
    case "hold":
    case "release":
      return [{ verb: change.verb, targets }];
    case "set":
      return Promise.all(tasks.map((task) => settingOf(caller, task, { change, changed })));
  }
}

async function settingOf(
  caller: Caller,
  task: Task,
  of: { readonly change: TaskChange & { readonly verb: "set" }; readonly changed: ChangedTasks },
): Promise<Operation | Refused> {
  const { id, labels, group, name, resourceVersion } = task.metadata;
  const place = sweepPlaceOf(task.metadata);
  const edited = await editFields(
    { spec: task.spec, labels, place: place && { ...place, name: group?.name ?? name } },
    Object.entries(of.change.values).map(([key, value]) => [key, String(value)]),
    {
      defaultCwd: caller.userHome,
      home: caller.userHome,
      nowMs: caller.clock.now(),
      file: "the request",
      defaultName: "task",
    },
  );
  if (!edited.ok) {
    const [hint] = edited.error.flatMap((fault) => fault.hint ?? []);
    const faults = [...new Set(edited.error.map(({ message }) => message))].join("; ");
    return { id, problem: problem("USAGE", `Cannot set "${id}": ${faults}`, hint) };
  }
  if (edited.value.parents !== undefined)
    return {
      id,
      problem: problem("USAGE", `Cannot set "${id}": what a task waits for is fixed when it is queued`),
    };
  const { spec, labels: kept } = edited.value;
  const version = of.changed.version ?? resourceVersion;
  return { verb: "set", targets: [{ ...targetOf(task), version }], spec, labels: kept };
}
