import { asLines } from "../../lib/printable.ts";
import { inNumberOrder, type Task } from "../../model/task.ts";
import { sacctColumns, squeueLine } from "./fields.ts";
import type { SlurmWords } from "./words.ts";

interface Listing {
  readonly tasks: readonly Task[];
  readonly node: string;
  readonly nowMs: number;
}

const SACCT_DEFAULT = "JobID,JobName,Partition,Account,AllocCPUS,State,ExitCode";
const SQUEUE_DEFAULT = "%.18i %.9P %.8j %.8u %.2t %.10M %.6D %R";

/** What sacct prints of some tasks: a table, or with --parsable2 fields with bars between them. Null, and the name, for an unknown field. */
export function sacctText(
  { options }: SlurmWords,
  { tasks, ...seen }: Listing,
): string | { readonly unknown: string } {
  const columns = sacctColumns(options.get("format")?.at(-1) ?? SACCT_DEFAULT);
  if (typeof columns === "string") return { unknown: columns };
  const rows = tasks
    .toSorted(inNumberOrder)
    .map((task) => columns.map(({ cell }) => cell({ task, ...seen })));
  const titles = options.has("noheader") ? [] : [columns.map(({ title }) => title)];
  const delimiter = options.get("delimiter")?.at(-1) ?? "|";
  if (options.has("parsable2")) return asLines([...titles, ...rows].map((row) => row.join(delimiter)));
  if (options.has("parsable"))
    return asLines([...titles, ...rows].map((row) => row.map((cell) => `${cell}${delimiter}`).join("")));
  const widths = columns.map(({ title }, index) =>
    Math.max(12, title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const rule = titles.length === 0 ? [] : [widths.map((width) => "-".repeat(width))];
  return asLines(
    [...titles, ...rule, ...rows].map((row) =>
      row.map((cell, index) => cell.padStart(widths[index] ?? 0)).join(" "),
    ),
  );
}

/** What squeue prints of some tasks. */
export function squeueText({ options }: SlurmWords, { tasks, ...seen }: Listing): string {
  const format = options.get("format")?.at(-1) ?? SQUEUE_DEFAULT;
  const head = options.has("noheader") ? [] : [squeueLine(format, null)];
  return asLines([
    ...head,
    ...tasks.toSorted(inNumberOrder).map((task) => squeueLine(format, { task, ...seen })),
  ]);
}
