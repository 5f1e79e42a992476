import { err, ok, type Result } from "../../lib/result.ts";
import { nameFrom } from "../../model/identity.ts";
import { type Diagnostic, diagnose } from "../diagnostic.ts";
import { type Fault, fault } from "../fault.ts";
import type { MappingValue, Value } from "../value.ts";
import { readYaml } from "../yaml-text.ts";
import { keyFaults, valueAt } from "./dagu-keys.ts";
import { type DaguTimes, timesOf } from "./dagu-schedule.ts";
import { type DaguContext, environmentOf, folderOf } from "./dagu-step.ts";
import { daguTasks, type TaskKeys } from "./dagu-tasks.ts";
import { resolved, variablesIn } from "./dagu-values.ts";
import { type ImportContext, type Imported, tasksFile, yamlFile } from "./imported.ts";

const USED = ["name", "schedule", "env", "params", "steps", "handlerOn", "type", "shell", "workingDir"];
const MORE = { timeoutSec: "give each step its own timeoutSec" };

const DIFFERENCES = [
  "a step is a task, with its own state, log and retries; one whose dependency fails is cancelled",
  "a command runs in bash where the machine has it, else in sh, unless the step names a shell",
  "no mail is sent; see stint help notify",
];
const OF_SCHEDULE = [
  "a firing is dropped while the last run has not ended; `overlap: queue` lets it wait",
  "the latest firing that was missed within 24h is caught up; `catchUp: none` skips it",
  "the steps of a firing run one after another; a step with a `slot` of its own runs beside others",
];

/** Reads a DAG of dagu: a task for each step, in a task file or, where it has times, in a schedule. `folder` is that of the file. */
export function readDagu(
  text: string,
  {
    context,
    folder,
    name,
  }: { readonly context: ImportContext; readonly folder: string; readonly name: string },
): Result<Imported, Diagnostic[]> {
  const failed = (faults: readonly Fault[]): Result<never, Diagnostic[]> =>
    err(diagnose({ file: context.file, text }, [...faults]));
  const documents = readYaml(text);
  if (!documents.ok) return failed(documents.error);
  const { values, faults } = documents.value;
  const [dag, second] = values;
  if (faults.length > 0) return failed(faults);
  if (dag?.type !== "mapping" || valueAt(dag, "steps") === undefined)
    return failed([
      fault(dag?.span ?? { start: 0, end: 1 }, "the text is no DAG of dagu, wanted a mapping with steps"),
    ]);
  if (second !== undefined)
    return failed([
      fault(
        second.span,
        "a second document is a sub-DAG, which has no counterpart in stint",
        "import it as a file of its own",
      ),
    ]);
  const left = new Set<string>();
  const { faults: wrong, ...around } = contextOf(dag, { folder, left });
  wrong.push(...keyFaults(dag, { used: USED, more: MORE, left }));
  const times = timesOf(valueAt(dag, "schedule"), context);
  const tasks = daguTasks(dag, around);
  for (const one of [times, tasks]) if (!one.ok) wrong.push(...one.error);
  if (wrong.length > 0 || !tasks.ok || !times.ok) return failed(wrong);
  const given = valueAt(dag, "name");
  const title = given?.type === "scalar" ? nameFrom(given.text) : name;
  const notes = [
    ...tasks.value.notes,
    ...(left.size > 0 ? [`left out, as nothing here needs it: ${[...left].join(", ")}`] : []),
  ];
  return ok(
    imported({ name: title, dag, notes, tasks: tasks.value.tasks, times: times.value, file: context.file }),
  );
}

function imported({
  name,
  dag,
  notes,
  tasks,
  times,
  file,
}: {
  readonly name: string;
  readonly dag: MappingValue;
  readonly notes: readonly string[];
  readonly tasks: readonly TaskKeys[];
  readonly times: DaguTimes | null;
  readonly file: string;
}): Imported {
  const about = valueAt(dag, "description");
  const comments = [`The DAG of ${file}`, ...(about?.type === "scalar" ? [about.text] : [])];
  if (times === null)
    return {
      files: [{ type: "tasks", name, line: null, notes, text: tasksFile(comments, tasks) }],
      leftOut: [],
      differences: DIFFERENCES,
      afterwards: `Queue it: stint submit ${name}.yaml`,
    };
  const task = tasks.length === 1 ? tasks[0] : tasks;
  return {
    files: [{ type: "schedule", name, line: null, notes, text: yamlFile(comments, { ...times, task }) }],
    leftOut: [],
    differences: [...DIFFERENCES, ...OF_SCHEDULE.slice(0, tasks.length > 1 ? 3 : 2)],
    afterwards: "dagu still has the DAG: take its schedule away there, or it runs twice.",
  };
}

/** What the DAG gives to each step, as far as it can be read: its parameters come before its variables. */
function contextOf(
  dag: MappingValue,
  { folder, left }: { readonly folder: string; readonly left: Set<string> },
): DaguContext & { readonly faults: Fault[] } {
  const variables = new Map<string, string>();
  const positional: string[] = [];
  const faults = parametersIn(valueAt(dag, "params"), { variables, positional });
  const env = environmentOf(valueAt(dag, "env"), variables);
  const cwd = folderOf(valueAt(dag, "workingDir"), folder);
  for (const one of [env, cwd]) if (!one.ok) faults.push(...one.error);
  for (const [key, value] of Object.entries(env.ok ? env.value : {})) variables.set(key, value);
  const shell = valueAt(dag, "shell");
  return { shell, folder: cwd.ok ? cwd.value : folder, variables, positional, left, faults };
}

/** Fills in the defaults of parameters; returns the faults. */
function parametersIn(
  value: Value | undefined,
  { variables, positional }: { readonly variables: Map<string, string>; readonly positional: string[] },
): Fault[] {
  const read = value === undefined ? ok([]) : variablesIn(value);
  if (!read.ok) return read.error;
  return read.value.flatMap((one) => {
    const text = resolved(one, variables);
    if (!text.ok) return [text.error];
    if (one.name === null) positional.push(text.value);
    else variables.set(one.name, text.value);
    return [];
  });
}
