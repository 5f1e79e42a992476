import type { CodeDiff } from "../../desk/code-diff.ts";
import type { Compared } from "../../desk/compared.ts";
import type { Difference } from "../../desk/differences.ts";
import { printable } from "../../lib/printable.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

/** What a side does not have. */
const NONE = "-";
/** Longer values are cut: a script is a value too. */
const MAX_VALUE_LENGTH = 60;

/** What differs between two tasks, a line for each thing, and the difference of their code. */
export function renderDifferences(
  sides: readonly [Compared, Compared],
  of: {
    readonly differences: readonly Difference[];
    readonly code: CodeDiff | null;
    /** The code is shown by its files alone. */
    readonly isSummary: boolean;
    readonly style: Style;
    readonly columns: number;
  },
): string {
  const { differences, code, style, columns } = of;
  const bold = (text: string) => ({ text, paint: style.bold });
  const rows = differences.map(({ part, name, a, b }) => [
    part,
    name === part ? "" : name,
    shortened(a),
    shortened(b),
  ]);
  const head = ["", "", ...sides.map(nameOfSide)].map(bold);
  const table = rows.length === 0 ? "nothing differs\n" : renderTable([head, ...rows], { columns });
  const unknown = sides.flatMap((side) =>
    side.packages === null ? [`the packages of ${nameOfSide(side)} are not known`] : [],
  );
  // Where neither has any, neither runs Python.
  const notes = [...(unknown.length === 1 ? unknown : []), ...new Set(code?.lacks ?? [])];
  const text = code === null || code.text === "" ? "" : `\n${printable(code.text)}`;
  if (text !== "" && of.isSummary) notes.push("--code prints the whole difference of the code");
  return `${table}${text}${notes.map((note) => `${style.dim(`note: ${note}`)}\n`).join("")}`;
}

function nameOfSide({ task, attempt }: Compared): string {
  const { id } = task.metadata;
  return attempt === null || attempt.number === task.status.attempts.length ? id : `${id}/${attempt.number}`;
}

function shortened(value: string | null): string {
  if (value === null) return NONE;
  const line = value.replaceAll(/\s*\n\s*/g, " ");
  return line.length > MAX_VALUE_LENGTH ? `${line.slice(0, MAX_VALUE_LENGTH)}…` : line;
}
