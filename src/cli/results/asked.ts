import { asNumber } from "../../desk/results/as-number.ts";
import { groupsOf, type ResultGroup, sortedGroups } from "../../desk/results/by.ts";
import type { Results } from "../../desk/results/collect.ts";
import {
  type Column,
  columnNamed,
  columnsOf,
  type ResultOrder,
  resultOrderOf,
  sortedRows,
  TASK_KEYS,
} from "../../desk/results/columns.ts";
import type { ResultRow } from "../../desk/results/row.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type Problem, problem } from "../../model/errors.ts";

/** How the user wants to see results. */
interface Wish {
  readonly sort: string | undefined;
  readonly by: string | undefined;
  readonly limit: number | undefined;
}

/** Results in the order and the groups that were asked for. */
export interface AskedResults {
  readonly rows: readonly ResultRow[];
  readonly columns: readonly Column[];
  /** The columns of outputs that fit a table: no lists, no mappings, no paths. */
  readonly outputs: readonly Column[];
  /** Sentences on what could not be read, or not whole. */
  readonly notes: readonly string[];
  /** What is sorted by, where it is a column. */
  readonly sortedBy: Column | null;
  /** Null where each row stands for itself. */
  readonly grouped: { readonly keys: readonly Column[]; readonly groups: readonly ResultGroup[] } | null;
}

/** Sorts and groups results; an error names the columns that there are. */
export function askedOf(results: Results, { sort, by, limit }: Wish): Result<AskedResults, Problem> {
  const columns = columnsOf(results.rows, results.outputs);
  const outputs = columns.filter(({ kind, name }) => kind === "output" && isTabular(results.rows, name));
  const { notes } = results;
  const key = sort === undefined ? null : resultOrderOf(columns, sort, results.goals);
  if (sort !== undefined && key === null)
    return err(noColumn("sort", sort, [...titlesOf(columns), ...TASK_KEYS]));
  const sortedBy = key === null || typeof key.by === "string" ? null : key.by;
  if (by === undefined) {
    const rows = key === null ? results.rows : sortedRows(results.rows, key);
    return ok({ rows: rows.slice(0, limit), columns, outputs, notes, sortedBy, grouped: null });
  }
  const keys: Column[] = [];
  for (const typed of by.split(",")) {
    const column = columnNamed(columns, typed.trim());
    if (column?.kind === "output")
      return err(
        problem(
          "USAGE",
          `Cannot group the results by "${typed}": it is an output`,
          `group by what went in, as in --by lr`,
        ),
      );
    if (column === null)
      return err(noColumn("group", typed, titlesOf(columns.filter(({ kind }) => kind !== "output"))));
    keys.push(column);
  }
  const groups = groupsOf(results.rows, keys, results.outputs);
  const sorted = key === null ? ok(groups) : groupsBy(groups, { key, keys, typed: sort ?? "" });
  if (!sorted.ok) return sorted;
  const measured = outputs.filter(({ name }) =>
    results.rows.some((row) => asNumber(row.outputs[name]?.value) !== null),
  );
  const grouped = { keys, groups: sorted.value.slice(0, limit) };
  return ok({ rows: results.rows, columns, outputs: measured, notes, sortedBy, grouped });
}

function groupsBy(
  groups: readonly ResultGroup[],
  {
    key,
    keys,
    typed,
  }: { readonly key: ResultOrder; readonly keys: readonly Column[]; readonly typed: string },
): Result<ResultGroup[], Problem> {
  const { by, isDescending } = key;
  if (typeof by !== "string" && by.kind === "output") return ok(sortedGroups(groups, by.name, isDescending));
  // Groups are in the order of their keys.
  if (by === keys[0]) return ok(isDescending ? groups.toReversed() : [...groups]);
  const hint = "sort by an output, or by the first name of --by";
  return err(problem("USAGE", `Cannot sort the groups by "${typed}": they are of several runs each`, hint));
}

function titlesOf(columns: readonly Column[]): string[] {
  return columns.map(({ title }) => title);
}

function noColumn(what: string, typed: string, titles: readonly string[]): Problem {
  const hint =
    titles.length === 0 ? "these tasks have no values and no inputs" : `there are ${titles.join(", ")}`;
  return problem("USAGE", `Cannot ${what} the results by "${typed}": no task here has it`, hint);
}

const MAX_TEXT = 40;

function isTabular(rows: readonly ResultRow[], name: string): boolean {
  return rows.some(({ outputs }) => {
    const value = outputs[name]?.value;
    const isShort = typeof value === "string" && value.length <= MAX_TEXT && !value.includes("/");
    return isShort || typeof value === "number" || typeof value === "boolean";
  });
}
