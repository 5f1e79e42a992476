import { findGroup } from "../../desk/groups.ts";
import { resultsOf } from "../../desk/results/collect.ts";
import { TASK_KEYS } from "../../desk/results/columns.ts";
import { findTask } from "../../desk/select.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { definitionNamed } from "../../model/definition.ts";
import { EXIT, type Problem } from "../../model/errors.ts";
import { inNumberOrder, type Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import { DEFINITION, textValue, wholeNumber } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import { inHome } from "../in-home.ts";
import { askedOf } from "../results/asked.ts";
import { shownResults } from "../results/shown.ts";
import { LAST, SELECTOR_FLAGS, type SelectorFlags, TASKS } from "../selectors.ts";
import { newestTold, targetTasks } from "../targets.ts";

const FLAGS = {
  ...SELECTOR_FLAGS,
  def: {
    value: DEFINITION,
    group: "Select",
    help: "made from this definition, or from one version of it: train@3",
  },
  sort: {
    value: {
      ...textValue("KEY", "an output, input or value of the tasks, or id, name, state or time"),
      offers: TASK_KEYS.map((key) => [key, `by ${key}`] as const),
    },
    help: "sort by an output (the best first, by its goal), input or value, or by id, name, state, time; -KEY reverses",
  },
  by: {
    value: textValue("NAMES", "one or more values or inputs of the tasks, with commas between them"),
    help: "one row for each value of NAMES, with mean and spread of the outputs over the other runs",
  },
  limit: { value: wholeNumber(1), short: "n", help: "only the first N rows" },
  plot: { excludes: ["csv", "json"], help: "plot the output that is sorted by, or else the first" },
  csv: { excludes: ["json"], help: "print CSV, each value in full" },
  json: { help: "print a JSON array, an object for each row" },
} as const;

export const verb = declareVerb({
  operands: [TASKS],
  flags: FLAGS,
  notes:
    "Without a task: the task, the sweep or the group that was submitted last; a task without outputs is passed over. An output that a job did not give is filled with the last value of a metric of this name in its events, MLflow, W&B or TensorBoard, and marked so. See `stint help results`.",
  run: inHome(results),
});

async function results({ context, flags, operands }: Call<typeof FLAGS>, layout: Layout): Promise<Ended> {
  const { sort, by, limit, plot, csv, json, def, ...selectors } = flags;
  const found = chosenTasks(context, layout, { references: operands, selectors, definition: def });
  if (!found.ok) return found.error;
  const tasks = found.value.toSorted(inNumberOrder);
  const isData = csv === true || json === true;
  if (tasks.length === 0 && !isData) {
    context.err("No task matches.\n");
    return EXIT.done;
  }
  const asked = askedOf(resultsOf(layout, tasks), { sort, by, limit });
  if (!asked.ok) return asked.error;
  const form = json === true ? "json" : csv === true ? "csv" : plot === true ? "plot" : "table";
  const { text, notes } = shownResults(asked.value, { form, context });
  context.out(text);
  if (notes !== "") context.err(notes);
  return EXIT.done;
}

interface Choice {
  readonly references: readonly string[];
  readonly selectors: SelectorFlags;
  readonly definition?: string | undefined;
}

function chosenTasks(
  context: Context,
  layout: Layout,
  { references, selectors, definition }: Choice,
): Result<Task[], Problem> {
  if (definition === undefined) return tasksNamed(context, layout, { references, selectors });
  const flags = { ...selectors, all: true } as const;
  const found = targetTasks(context, { layout, references, flags, eligible: () => true, isReadOnly: true });
  const made = definitionNamed(definition);
  if (!found.ok || made === null) return found;
  return ok(
    found.value.filter(
      ({ metadata: { definition: of } }) =>
        of?.name === made.name && (made.version === null || of.version === made.version),
    ),
  );
}

function tasksNamed(
  context: Context,
  layout: Layout,
  { references, selectors }: Choice,
): Result<Task[], Problem> {
  const given = Object.values(selectors).filter((value) => value !== undefined).length;
  const isOpen = references.length === 0 && given === 0;
  // To select among all tasks would read each member twice.
  if (references.length === 0 && given === 1 && selectors.group !== undefined)
    return findGroup(layout, selectors.group, { tellNewest: newestTold(context) });
  if (isOpen) return lastWithResults(context, layout);
  return targetTasks(context, {
    layout,
    references,
    flags: selectors,
    eligible: () => true,
    isReadOnly: true,
  });
}

/** So many submissions are looked at. */
const MAX_LOOKED_AT = 64;

/** The sweep or the group that was submitted last, or a later task with outputs: a report that runs after a sweep has none. */
function lastWithResults(context: Context, layout: Layout): Result<Task[], Problem> {
  const last = findTask(layout, LAST);
  if (!last.ok) return err(last.error);
  let task = last.value;
  for (let back = 1; groupOf(task) === null && back < MAX_LOOKED_AT; back += 1) {
    if (resultsOf(layout, [task]).outputs.length > 0) break;
    const before = findTask(layout, `${LAST}~${back}`);
    // There is none with results: the last one is shown as it is.
    if (!before.ok) return ok([last.value]);
    task = before.value;
  }
  const name = groupOf(task);
  if (name === null && resultsOf(layout, [task]).outputs.length === 0) return ok([last.value]);
  if (task !== last.value)
    context.err(
      `stint: ${last.value.metadata.id}, the last submission, has no outputs; these are of ${name ?? task.metadata.id}\n`,
    );
  return name === null ? ok([task]) : findGroup(layout, String(task.metadata.number));
}

/** The name of the sweep or the group of a task. */
function groupOf({ metadata: { group, openGroup } }: Task): string | null {
  return (group ?? openGroup)?.name ?? null;
}
