import type { Summary } from "../../desk/results/by.ts";
import { cellText } from "../../desk/results/columns.ts";
import type { OutputValue, ResultRow, ValueSource } from "../../desk/results/row.ts";
import { shortened } from "../text/table.ts";

const MAX_TEXT = 40;
const DIGITS = 5;

/** What marks a value that is not an output of the job, and what it is. */
const MARKS: Readonly<Record<Exclude<ValueSource, "output">, readonly [mark: string, meaning: string]>> = {
  metric: ["*", "the last value of a metric"],
  mlflow: ["^", "the last value in MLflow"],
  wandb: ["~", "the last value in the files of W&B"],
  tensorboard: ["+", "the last value in the files of TensorBoard"],
};

/** A value for people: a number with five digits, a text of at most forty columns, without its middle. */
export function shortText(value: unknown): string {
  if (typeof value === "number") return numberText(value);
  const text = cellText(value);
  return shortened(text, MAX_TEXT);
}

export function numberText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  return String(Number(value.toPrecision(DIGITS)));
}

export function outputText(output: OutputValue | undefined): string {
  if (output === undefined || output.value === null) return "-";
  const mark = output.source === "output" ? "" : MARKS[output.source][0];
  return `${shortText(output.value)}${mark}`;
}

const ANY_MARK = "*";
export const FILLED_NOTE = `${ANY_MARK} with the last values of metrics or of a tracker: a job gave no such output`;

/** `0.912 ± 0.004`, with a mark where a value was filled, and the number of runs where it is not that of all. */
export function summaryText(summary: Summary, completed: number): string {
  const mark = summary.filled > 0 ? ANY_MARK : "";
  return `${spreadText(summary)}${mark}${summary.n === completed ? "" : ` (${summary.n})`}`;
}

/** `0.912 ± 0.004`, with as many decimals as the spread has at two digits. */
function spreadText({ mean, sd }: Pick<Summary, "mean" | "sd">): string {
  if (sd === null) return numberText(mean);
  if (sd === 0) return `${numberText(mean)} ± 0`;
  const decimals = Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(sd))));
  const isShort = Math.abs(mean) < 1e9 && sd >= 1e-6;
  return isShort
    ? `${mean.toFixed(decimals)} ± ${sd.toFixed(decimals)}`
    : `${numberText(mean)} ± ${numberText(sd)}`;
}

export function stateText({ state, failure }: ResultRow): string {
  return state === "failed" && failure !== null ? `failed ${failure}` : state;
}

/** What the marks mean that these rows have. */
export function markNotes(rows: readonly ResultRow[], names: ReadonlySet<string>): string[] {
  const sources = new Set(
    rows.flatMap(({ outputs }) =>
      Object.entries(outputs).flatMap(([name, { source }]) => (names.has(name) ? [source] : [])),
    ),
  );
  return Object.entries(MARKS).flatMap(([source, [mark, meaning]]) =>
    sources.has(source as keyof typeof MARKS) ? [`${mark} ${meaning}: the job gave no such output`] : [],
  );
}

/** At the number of a task whose command was changed. */
export const CHANGED_MARK = "!";
const NUMBERS_SHOWN = 5;

/** What that mark means, where there is one. */
export function changedNote(rows: readonly ResultRow[]): string[] {
  const numbers = rows.flatMap(({ number, commandChanged }) => (commandChanged ? [number] : []));
  if (numbers.length === 0) return [];
  const more = numbers.length - NUMBERS_SHOWN;
  const those = `${numbers.slice(0, NUMBERS_SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return [
    `${CHANGED_MARK} the command or a variable of ${those} was changed since it was submitted: its values may not be those that it ran with`,
  ];
}
