import { join } from "node:path";
import type { Attempt } from "../../model/attempt.ts";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import type { Measure } from "../../model/measure.ts";
import { editsSince, type SpecEdit } from "../../model/spec-edit.ts";
import type { Task } from "../../model/task.ts";
import { readLastEvents } from "../../run/events.ts";
import { scalarsUnder } from "../../run/tensorboard/event-files.ts";
import type { Layout } from "../../store/layout.ts";
import { inputsOfAttempt } from "../compared.ts";
import { type Goal, type OutputValue, outputsFrom, type ResultRow, rowOf } from "./row.ts";

/** The checkout of the job's code may hold the files of other runs. */
const NOT_SEARCHED = ["code"];

/** The results of some tasks. */
export interface Results {
  readonly rows: readonly ResultRow[];
  /** The names of all outputs: those that the tasks declare, and those that the rows have. */
  readonly outputs: readonly string[];
  readonly goals: Readonly<Record<string, Goal>>;
}

/** What a task told of itself besides its outputs. */
interface Told {
  readonly task: Task;
  readonly row: ResultRow;
  readonly metrics: Readonly<Record<string, Measure>>;
}

/**
 * The results of tasks. An output that a row lacks is filled with the last value of a metric of its name, or of a scalar in the files of
 * TensorBoard in the attempt's folder, which is read only then. Where no task has or declares an output, all metrics count as such, or else
 * all scalars.
 */
export function resultsOf(layout: Layout, tasks: readonly Task[]): Results {
  const told = tasks.map((task) => toldBy(layout, task));
  const names = new Set<string>();
  const goals: Record<string, Goal> = {};
  for (const { task, row } of told) {
    for (const [name, spec] of Object.entries(task.spec.outputSpecs ?? {})) {
      names.add(name);
      if (spec.goal !== undefined) goals[name] ??= spec.goal;
    }
    for (const name of Object.keys(row.outputs)) names.add(name);
  }
  const isNamed = names.size > 0;
  if (!isNamed) for (const { metrics } of told) for (const name of Object.keys(metrics)) names.add(name);
  const isFound = names.size > 0;
  const rows = told.map((one) => {
    const filled = filledFrom(one.row, pick(one.metrics, names), "metric");
    if (one.row.attempt === 0 || (isFound && [...names].every((name) => Object.hasOwn(filled.outputs, name))))
      return filled;
    const scalars = scalarsUnder(layout.attempt(filled.id, filled.attempt), NOT_SEARCHED);
    return filledFrom(filled, isFound ? pickScalars(scalars, names) : scalars, "tensorboard");
  });
  if (!isFound) for (const { outputs } of rows) for (const name of Object.keys(outputs)) names.add(name);
  return { rows, outputs: [...names], goals };
}

/** A running job's outputs and metrics are in its events, those of an ended one on its record. */
function toldBy(layout: Layout, task: Task): Told {
  const last = task.status.attempts.at(-1);
  const row = { ...rowOf(task), ...inputsOf(layout, task, last) };
  if (last?.state !== "running") return { task, row, metrics: last?.metrics ?? {} };
  const { outputs, metrics } = readLastEvents(
    join(layout.attempt(row.id, last.number), ATTEMPT_FILES.events),
  );
  // A text may hold a secret, which is masked when the outputs are recorded.
  const plain = Object.entries(outputs).filter(
    ([, value]) => typeof value !== "string" && typeof value !== "object",
  );
  return { task, row: { ...row, outputs: outputsFrom(Object.fromEntries(plain), "output") }, metrics };
}

/** The inputs that an attempt ran with, where they were changed since; empty where they are those of the record. */
function inputsOf(layout: Layout, task: Task, last: Attempt | undefined): Partial<Pick<ResultRow, "inputs">> {
  const isChanged = (edit: SpecEdit): boolean => edit.keys.some((key) => key.startsWith("inputs."));
  if (last === undefined || !editsSince(task, last).some(isChanged)) return {};
  const inputs = inputsOfAttempt(layout, task, last.number);
  return inputs === null ? {} : { inputs };
}

function filledFrom(
  row: ResultRow,
  values: Readonly<Record<string, Measure>>,
  source: OutputValue["source"],
): ResultRow {
  return { ...row, outputs: { ...outputsFrom(values, source), ...row.outputs } };
}

function pick(
  values: Readonly<Record<string, Measure>>,
  names: ReadonlySet<string>,
): Record<string, Measure> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}

/** A scalar stands for the output of its tag, or of the last part of its tag where no other tag ends so. */
function pickScalars(
  scalars: Readonly<Record<string, Measure>>,
  names: ReadonlySet<string>,
): Record<string, Measure> {
  const tags = Object.entries(scalars);
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const exact = tags.filter(([tag]) => tag === name);
      const [only, ...others] = exact.length > 0 ? exact : tags.filter(([tag]) => tag.endsWith(`/${name}`));
      return only === undefined || others.length > 0 ? [] : [[name, only[1]] as const];
    }),
  );
}
