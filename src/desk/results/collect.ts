import { join } from "node:path";
import type { Attempt } from "../../model/attempt.ts";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import { editsSince, type SpecEdit } from "../../model/spec-edit.ts";
import type { Task } from "../../model/task.ts";
import { readLastEvents } from "../../run/events.ts";
import type { Layout } from "../../store/layout.ts";
import { inputsOfAttempt } from "../compared.ts";
import { type Goal, type OutputValue, outputsFrom, type ResultRow, rowOf } from "./row.ts";
import { trackerSources, type ValueReader, type Values } from "./trackers.ts";

/** The results of some tasks. */
export interface Results {
  readonly rows: readonly ResultRow[];
  /** The names of all outputs: those that the tasks declare, and those that the rows have. */
  readonly outputs: readonly string[];
  readonly goals: Readonly<Record<string, Goal>>;
  /** Sentences on what could not be read, or not whole. */
  readonly notes: readonly string[];
}

/** What a task told of itself besides its outputs. */
interface Told {
  readonly task: Task;
  readonly row: ResultRow;
  readonly metrics: Values;
}

/**
 * The results of tasks. An output that a row lacks is filled with the last value of a metric of its name, or else with what a tracker
 * has of the attempt: MLflow's database of the home, W&B's files and those of TensorBoard in the attempt's folder, in this order. A source is
 * read only for rows that lack something. Where no task has or declares an output, all values of the first source that has any count as such.
 */
export function resultsOf(layout: Layout, tasks: readonly Task[]): Results {
  const told = tasks.map((task) => toldBy(layout, task));
  const names = new Set<string>();
  const notes = new Set<string>();
  const goals: Record<string, Goal> = {};
  for (const { task, row } of told) {
    for (const [name, spec] of Object.entries(task.spec.outputSpecs ?? {})) {
      names.add(name);
      if (spec.goal !== undefined) goals[name] ??= spec.goal;
    }
    for (const name of Object.keys(row.outputs)) names.add(name);
  }
  const metrics = new Map(told.map((one) => [one.row.id, one.metrics]));
  const tell = (sentence: string): void => {
    notes.add(sentence);
  };
  const sources: readonly ValueReader[] = [
    {
      source: "metric",
      isExact: true,
      valuesFor:
        () =>
        ({ id }) =>
          metrics.get(id) ?? {},
    },
    ...trackerSources(layout, tell),
  ];
  let rows = told.map(({ row }) => row);
  for (const { source, isExact, valuesFor } of sources) {
    const isFound = names.size > 0;
    const lacks = (row: ResultRow): boolean =>
      row.attempt > 0 && !(isFound && [...names].every((name) => Object.hasOwn(row.outputs, name)));
    const valuesOf = valuesFor(rows.filter(lacks));
    const wanted = (values: Values): Values => {
      if (!isFound) return values;
      return isExact ? pick(values, names) : pickScalars(values, names);
    };
    rows = rows.map((row) => (lacks(row) ? filledFrom(row, wanted(valuesOf(row)), source) : row));
    if (!isFound) for (const { outputs } of rows) for (const name of Object.keys(outputs)) names.add(name);
  }
  return { rows, outputs: [...names], goals, notes: [...notes] };
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

function filledFrom(row: ResultRow, values: Values, source: OutputValue["source"]): ResultRow {
  return { ...row, outputs: { ...outputsFrom(values, source), ...row.outputs } };
}

function pick(values: Values, names: ReadonlySet<string>): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}

/** A scalar stands for the output of its tag, or of the last part of its tag where no other tag ends so. */
function pickScalars(scalars: Values, names: ReadonlySet<string>): Values {
  const tags = Object.entries(scalars);
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const exact = tags.filter(([tag]) => tag === name);
      const [only, ...others] = exact.length > 0 ? exact : tags.filter(([tag]) => tag.endsWith(`/${name}`));
      return only === undefined || others.length > 0 ? [] : [[name, only[1]] as const];
    }),
  );
}
