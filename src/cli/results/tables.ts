import type { ResultGroup } from "../../desk/results/by.ts";
import { type Column, cellText, valueIn } from "../../desk/results/columns.ts";
import type { ResultRow } from "../../desk/results/row.ts";
import { formatDuration } from "../../lib/duration.ts";
import type { Style } from "../text/style.ts";
import { type Cell, renderTable } from "../text/table.ts";
import {
  CHANGED_MARK,
  changedNote,
  FILLED_NOTE,
  markNotes,
  outputText,
  shortText,
  stateText,
  summaryText,
} from "./cells.ts";

/** A table, and what is to be said below it. */
interface TableText {
  readonly table: string;
  readonly notes: readonly string[];
}

interface TableView {
  readonly columns: readonly Column[];
  /** The width of the terminal; infinite elsewhere, and then every column is shown. */
  readonly width: number;
  readonly style: Style;
  /** What the rows are sorted by; it is shown at any width. */
  readonly sortedBy: Column | null;
}

/** A column of the table: its cells by row, and how soon it is left out where the width is short; 0 is never. */
interface Field<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Cell;
  readonly leaves: number;
  /** Its text is shortened before the line gets longer than the terminal. */
  readonly shrinks?: true;
}

/** The rows as a table: what went in, what came out, how it ended, how long it took. */
export function rowsTable(rows: readonly ResultRow[], view: TableView): TableText {
  const { columns, width, style, sortedBy } = view;
  const isScreen = Number.isFinite(width);
  const alike = isScreen && rows.length > 1 ? columns.filter((column) => isAlike(rows, column)) : [];
  const isNamed = new Set(rows.map(({ id, values }) => (Object.keys(values).length > 0 ? "" : id))).size > 1;
  const own = columns.filter((column) => !alike.includes(column));
  const fields: Field<ResultRow>[] = [
    {
      title: "ID",
      cell: ({ number, commandChanged }) => `${number}${commandChanged ? CHANGED_MARK : ""}`,
      leaves: 0,
    },
    ...(isNamed || !isScreen
      ? [{ title: "NAME", cell: ({ name }: ResultRow) => name, leaves: 0, shrinks: true as const }]
      : []),
    ...own.map((column, index) => ({
      title: column.title,
      cell: (row: ResultRow) => columnText(row, column),
      leaves: column === sortedBy ? 0 : { value: 100, output: 200, input: 300 }[column.kind] + index,
    })),
    {
      title: "STATE",
      cell: (row) => ({ text: stateText(row), paint: () => paintedState(row, style) }),
      leaves: 0,
    },
    { title: "TIME", cell: ({ ranMs }) => (ranMs === null ? "-" : formatDuration(ranMs)), leaves: 400 },
    ...(rows.some(({ gpus }) => gpus.length > 0) || !isScreen
      ? [{ title: "GPUS", cell: ({ gpus }: ResultRow) => String(gpus.length), leaves: 500 }]
      : []),
  ];
  const same = alike.map((column) => `${column.title}=${columnText(rows[0] as ResultRow, column)}`);
  const { table, left } = fitted(rows, fields, { width, style });
  return {
    table,
    notes: [
      ...(columns.some(({ kind }) => kind === "output") ? [] : [NO_OUTPUTS]),
      ...(same.length === 0 ? [] : [`The same for all: ${same.join(" ")}`]),
      ...markNotes(rows, new Set(own.flatMap(({ kind, name }) => (kind === "output" ? [name] : [])))),
      ...changedNote(rows),
      ...leftNote(left),
    ],
  };
}

function isAlike(rows: readonly ResultRow[], column: Column): boolean {
  const text = (row: ResultRow): string => cellText(valueIn(row, column));
  const [first] = rows;
  return column.kind !== "output" && first !== undefined && rows.every((row) => text(row) === text(first));
}

function columnText(row: ResultRow, column: Column): string {
  if (column.kind === "output") return outputText(row.outputs[column.name]);
  const value = valueIn(row, column);
  return value === undefined ? "-" : shortText(value);
}

function paintedState(row: ResultRow, style: Style): string {
  return style.state(row.state).replace(row.state, () => stateText(row));
}

const NO_OUTPUTS = "No output, metric or TensorBoard file was found here; see `stint help results`";
const MEANS_NOTE = "Means of completed runs ± standard deviation of the sample";

/** What the mark of means means, where there is one. */
export function filledNote(groups: readonly ResultGroup[]): string[] {
  const isMarked = groups.some(({ outputs }) => Object.values(outputs).some(({ filled }) => filled > 0));
  return isMarked ? [FILLED_NOTE] : [];
}

/** The groups as a table, with the mean of each output and its spread. */
export function groupsTable(
  groups: readonly ResultGroup[],
  {
    keys,
    outputs,
    width,
    style,
    sortedBy,
    members,
  }: Omit<TableView, "columns"> & {
    readonly keys: readonly Column[];
    readonly outputs: readonly Column[];
    /** Of the groups. */
    readonly members: readonly ResultRow[];
  },
): TableText {
  const fields: Field<ResultGroup>[] = [
    ...keys.map(({ title }, index) => ({
      title,
      cell: ({ key }: ResultGroup) => cellOr(key[index]),
      leaves: 0,
    })),
    {
      title: "RUNS",
      cell: ({ rows, completed }) => (rows === completed ? String(rows) : `${completed} of ${rows}`),
      leaves: 0,
    },
    ...outputs.map((column, index) => ({
      title: column.title,
      cell: ({ outputs: of, completed }: ResultGroup) => {
        const summary = of[column.name];
        return summary === undefined ? "-" : summaryText(summary, completed);
      },
      leaves: column === sortedBy ? 0 : 100 + index,
    })),
    { title: "TIME", cell: ({ meanMs }) => (meanMs === null ? "-" : formatDuration(meanMs)), leaves: 400 },
  ];
  const { table, left } = fitted(groups, fields, { width, style });
  return {
    table,
    notes: [
      ...(outputs.length === 0 ? [NO_OUTPUTS] : [MEANS_NOTE]),
      ...filledNote(groups),
      ...changedNote(members),
      ...leftNote(left),
    ],
  };
}

function cellOr(text: string | undefined): string {
  return text === undefined || text === "" ? "-" : text;
}

function leftNote(left: readonly string[]): string[] {
  return left.length === 0 ? [] : [`Not shown at this width: ${left.join(", ")}; --csv has all`];
}

const GAP = 2;

/** The table with as many of its columns as the width has room for. */
function fitted<Row>(
  rows: readonly Row[],
  fields: readonly Field<Row>[],
  { width, style }: Pick<TableView, "width" | "style">,
): { readonly table: string; readonly left: readonly string[] } {
  const made = fields.map((field) => {
    const cells = rows.map(field.cell);
    const widths = [field.title, ...cells].map((cell) =>
      Bun.stringWidth(typeof cell === "string" ? cell : cell.text),
    );
    return { field, cells, width: widths.reduce((most, one) => Math.max(most, one), 0) };
  });
  const leaving = made
    .filter(({ field }) => field.leaves > 0)
    .toSorted((one, other) => other.field.leaves - one.field.leaves);
  const gone = new Set<(typeof made)[number]>();
  const needed = (): number =>
    made.filter((one) => !gone.has(one)).reduce((total, one) => total + one.width + GAP, -GAP);
  for (const one of leaving) {
    if (needed() <= width) break;
    gone.add(one);
  }
  const kept = made.filter((one) => !gone.has(one));
  const head: Cell[] = kept.map(({ field }) => ({ text: field.title, paint: style.bold }));
  const body = rows.map((_, index) => kept.map(({ cells }) => cells[index] ?? ""));
  const shrinks = kept.findIndex(({ field }) => field.shrinks === true);
  const table = renderTable([head, ...body], { columns: width, ...(shrinks >= 0 && { shrinks }) });
  return { table, left: made.filter((one) => gone.has(one)).map(({ field }) => field.title) };
}
