import { err, ok, type Result } from "../../lib/result.ts";
import { nameFrom } from "../../model/identity.ts";
import { MAX_PRIORITY } from "../../model/spec.ts";
import { type Diagnostic, diagnose } from "../diagnostic.ts";
import {
  type ImportContext,
  type Imported,
  type LeftOut,
  tasksFile,
  uniqueName,
  verbatim,
} from "./imported.ts";
import { type PueueTask, pueueQueue } from "./pueue-status.ts";

const DIFFERENCES = [
  "tasks run one for each core; `stint jobs N` changes that",
  "a task whose dependency fails is cancelled; pueue calls it failed",
];
const OWN_ENVIRONMENT =
  "a task has the environment that it was added with, and no other; the file holds it, secrets included, and only you can read it";
const NO_ENVIRONMENT = "pueue does not tell the environment: a task gets that of `stint submit`";

/** Reads what `pueue status --json` prints: the tasks that have not begun become one task file. */
export function readPueue(text: string, context: ImportContext): Result<Imported, Diagnostic[]> {
  const queue = pueueQueue(text);
  if (!queue.ok) return err(diagnose({ file: context.file, text }, [queue.error]));
  const { tasks, groups } = queue.value;
  const waiting = tasks.filter(({ state }) => state === "Queued" || state === "Stashed");
  const taken = new Set<string>();
  const names = new Map(waiting.map((task) => [task.id, uniqueName(nameOf(task), taken)]));
  const notes: string[] = [];
  const documents = waiting.map((task) => {
    const group = groups.get(task.group) ?? { isPaused: false, parallel: 1 };
    const held = heldFor(task, { tasks, isPaused: group.isPaused });
    const name = names.get(task.id) ?? "";
    if (held !== null) notes.push(`${name} is held, as ${held}: stint release ${name}`);
    if (task.priority < 0)
      notes.push(`${name} has the priority 0: there is none below (${task.priority} in pueue)`);
    const after = task.dependencies.flatMap((id) => names.get(id) ?? []);
    return {
      name,
      run: task.command,
      // As pueue's `sh -c` does.
      runtime: "sh",
      cwd: task.path,
      ...(Object.keys(task.envs).length > 0 && { environment: "clear", env: verbatim(task.envs) }),
      ...(after.length > 0 && { after, onParentFailure: "cancel" }),
      ...(task.priority > 0 && { priority: Math.min(task.priority, MAX_PRIORITY) }),
      ...(group.parallel === 1 && { slot: nameFrom(task.group) }),
      ...(held !== null && { hold: true }),
      ...(task.startsAt !== null && { notBefore: task.startsAt }),
      labels: { pueue: String(task.id), group: task.group },
    };
  });
  for (const [name, { parallel }] of groups)
    if (parallel > 1 && waiting.some(({ group }) => group === name))
      notes.push(
        `the group ${name} runs ${parallel} at a time; here with concurrency: {labels: {"group=${name}": ${parallel}}} in config.yaml`,
      );
  const hasEnvironment = waiting.some(({ envs }) => Object.keys(envs).length > 0);
  const name = "pueue";
  return ok({
    files:
      waiting.length === 0
        ? []
        : [{ type: "tasks", name, line: null, notes, text: tasksFile([`From ${context.file}`], documents) }],
    leftOut: tasks.flatMap(leftOut),
    differences: [...DIFFERENCES, hasEnvironment ? OWN_ENVIRONMENT : NO_ENVIRONMENT],
    afterwards: `Queue them: stint submit ${name}.yaml. Pueue still has them: remove them there, or they run twice: pueue remove ${waiting.map(({ id }) => id).join(" ")}`,
  });
}

function nameOf({ label, command }: PueueTask): string {
  if (label !== null) return nameFrom(label);
  const words = command.split(/\s+/).slice(0, 4);
  return nameFrom(words.map((word) => word.slice(word.lastIndexOf("/") + 1)).join("-"));
}

/** Why a task must not start by itself; null where it may. */
function heldFor(
  task: PueueTask,
  { tasks, isPaused }: { readonly tasks: readonly PueueTask[]; readonly isPaused: boolean },
): string | null {
  const parents = tasks.filter(({ id }) => task.dependencies.includes(id));
  const open = parents.find(({ state }) => state === "Running" || state === "Paused" || state === "Locked");
  const failed = parents.find(({ state, isSuccess }) => state === "Done" && !isSuccess);
  if (open !== undefined) return `its dependency ${open.id} runs in pueue`;
  if (failed !== undefined) return `its dependency ${failed.id} failed in pueue`;
  if (isPaused) return `the group ${task.group} is paused`;
  return task.state === "Stashed" && task.startsAt === null ? "it is stashed" : null;
}

function leftOut({ id, state, command }: PueueTask): LeftOut[] {
  if (state !== "Running" && state !== "Paused" && state !== "Locked") return [];
  const is = state === "Locked" ? "is being edited" : state === "Paused" ? "is paused" : "is running";
  return [{ line: null, what: `the task ${id} ${is} and stays in pueue: ${command}` }];
}
