import type { Measure } from "../../model/measure.ts";
import { attemptTag } from "../../model/tracker-tags.ts";
import { scalarsUnder } from "../../run/tensorboard/event-files.ts";
import { mlflowRuns } from "../../run/trackers/mlflow.ts";
import { wandbValuesUnder } from "../../run/trackers/wandb.ts";
import type { Layout } from "../../store/layout.ts";
import type { OutputValue, ResultRow } from "./row.ts";

/** The checkout of the job's code may hold the files of other runs. */
const NOT_SEARCHED = ["code"];

/** The last values of some names. */
export type Values = Readonly<Record<string, Measure>>;

/** Where missing outputs are looked for. */
export interface ValueReader {
  readonly source: OutputValue["source"];
  /** A name stands for itself alone, not for the end of a longer one: `val/acc`. */
  readonly isExact?: true;
  /** The values of each of some rows. */
  readonly valuesFor: (rows: readonly ResultRow[]) => (row: ResultRow) => Values;
}

/** What trackers have of the last attempts, in the order in which they are asked; `tell` is called with what could not be read whole. */
export function trackerSources(layout: Layout, tell: (sentence: string) => void): readonly ValueReader[] {
  const inFolder = (read: typeof scalarsUnder) => () => (row: ResultRow) =>
    read(layout.attempt(row.id, row.attempt), NOT_SEARCHED, tell);
  return [
    {
      source: "mlflow",
      valuesFor: (rows) => {
        const tagOf = (row: ResultRow): string => attemptTag(row.id, row.attempt);
        const { runs, refusal } = mlflowRuns(layout.mlflowStore, rows.map(tagOf));
        if (refusal !== null) tell(`${layout.mlflowStore} could not be read: ${refusal}`);
        return (row) => runs.get(tagOf(row))?.metrics ?? {};
      },
    },
    { source: "wandb", valuesFor: inFolder(wandbValuesUnder) },
    { source: "tensorboard", valuesFor: inFolder(scalarsUnder) },
  ];
}
