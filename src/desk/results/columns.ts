import { asNumber } from "./as-number.ts";
import type { Goal, ResultRow } from "./row.ts";

/** A column of results that the tasks make, in contrast to those of every task, such as the state. */
export interface Column {
  readonly kind: "value" | "input" | "output";
  readonly name: string;
  /** Its name, or where another column has that too, with what it is: `inputs.lr`. */
  readonly title: string;
}

const PREFIX = { value: "matrix", input: "inputs", output: "outputs" } as const;

/** The columns of some rows, in the order in which the rows name them. An input with the name of a value of a sweep is in its column. */
export function columnsOf(rows: readonly ResultRow[], outputs: readonly string[]): Column[] {
  const values = namesIn(rows, ({ values: of }) => of);
  const inputs = namesIn(rows, ({ inputs: of }) => of).filter((name) => !values.includes(name));
  const named = [
    ...values.map((name) => ({ kind: "value" as const, name })),
    ...inputs.map((name) => ({ kind: "input" as const, name })),
    ...outputs.map((name) => ({ kind: "output" as const, name })),
  ];
  const times = Map.groupBy(named, ({ name }) => name);
  return named.map((column) => ({
    ...column,
    title: times.get(column.name)?.length === 1 ? column.name : `${PREFIX[column.kind]}.${column.name}`,
  }));
}

function namesIn(
  rows: readonly ResultRow[],
  of: (row: ResultRow) => Readonly<Record<string, unknown>>,
): string[] {
  const names = new Set<string>();
  for (const row of rows) for (const name of Object.keys(of(row))) names.add(name);
  return [...names];
}

/**
 * The value of a row in a column; undefined where it has none. An input wins over the value of the sweep that it had at first: a retry may
 * have changed it.
 */
export function valueIn({ values, inputs, outputs }: ResultRow, { kind, name }: Column): unknown {
  if (kind === "output") return Object.hasOwn(outputs, name) ? outputs[name]?.value : undefined;
  const of = kind === "value" && !Object.hasOwn(inputs, name) ? values : inputs;
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

/** A value in full, as text; empty for none. */
export function cellText(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The column of a name that a user typed, with or without what it is; null where there is none. */
export function columnNamed(columns: readonly Column[], typed: string): Column | null {
  const qualified = ({ kind, name }: Column): string[] =>
    (kind === "value" ? (["value", "input"] as const) : [kind]).map((one) => `${PREFIX[one]}.${name}`);
  // Outputs first: the question is most often about them.
  const byTitle = columns.filter((column) => column.title === typed || qualified(column).includes(typed));
  const byName = columns.filter(({ name }) => name === typed);
  return [...byTitle, ...byName].toSorted((left, right) => rank(left) - rank(right))[0] ?? null;
}

function rank({ kind }: Column): number {
  return kind === "output" ? 0 : 1;
}

/** What every task has, and results can be sorted by. */
export const TASK_KEYS = ["id", "name", "state", "time"] as const;
type TaskKey = (typeof TASK_KEYS)[number];

/** How rows are sorted: by a column, or by what every task has. */
export interface ResultOrder {
  readonly by: Column | TaskKey;
  /** The largest first. */
  readonly isDescending: boolean;
}

/** The key of a typed name: the best first where the output has a goal, else the smallest; a dash reverses. Null for an unknown name. */
export function resultOrderOf(
  columns: readonly Column[],
  typed: string,
  goals: Readonly<Record<string, Goal>>,
): ResultOrder | null {
  const isReversed = typed.startsWith("-") && typed.length > 1;
  const name = isReversed ? typed.slice(1) : typed;
  const by = columnNamed(columns, name) ?? TASK_KEYS.find((key) => key === name);
  if (by === undefined) return null;
  const isMax = typeof by !== "string" && by.kind === "output" && goals[by.name] === "max";
  return { by, isDescending: isMax !== isReversed };
}

/** The rows in the order of a key. Those without a value come last, before them those with NaN; equal ones stay in their order. */
export function sortedRows(rows: readonly ResultRow[], { by, isDescending }: ResultOrder): ResultRow[] {
  const keyed = rows.map((row) => ({
    row,
    value: typeof by === "string" ? taskValue(row, by) : valueIn(row, by),
  }));
  return keyed
    .toSorted((left, right) => compared(left.value, right.value, isDescending))
    .map(({ row }) => row);
}

function taskValue(row: ResultRow, key: TaskKey): unknown {
  return { id: row.number, name: row.name, state: row.state, time: row.ranMs ?? undefined }[key];
}

/** Numbers before texts, then NaN, then none; only what is comparable is turned round. */
export function compared(left: unknown, right: unknown, isDescending: boolean): number {
  const [leftClass, rightClass] = [classOf(left), classOf(right)];
  if (leftClass !== rightClass) return leftClass - rightClass;
  const order =
    leftClass === 0
      ? Math.sign((asNumber(left) ?? 0) - (asNumber(right) ?? 0)) || 0
      : leftClass === 1
        ? cellText(left).localeCompare(cellText(right), "en", { numeric: true })
        : 0;
  return isDescending ? -order : order;
}

function classOf(value: unknown): number {
  if (value === undefined || value === null || value === "") return 3;
  const number = asNumber(value);
  if (number === null) return 1;
  return Number.isNaN(number) ? 2 : 0;
}
