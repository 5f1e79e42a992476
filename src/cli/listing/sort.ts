import { memberOf } from "../../desk/fold.ts";
import { STATES } from "../../model/state.ts";
import { whenEndedMs } from "../../model/task.ts";
import { elapsedMs } from "../text/task-row.ts";
import type { ListedRow } from "./choose.ts";

export const SORT_NAMES = ["id", "name", "state", "elapsed", "priority", "submitted", "ended"] as const;
type SortName = (typeof SORT_NAMES)[number];

/** What a listing can be sorted by; with a dash, the largest first. */
export const SORT_KEYS = [...SORT_NAMES, ...SORT_NAMES.map((name) => `-${name}` as const)] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** The rows in the order of a key; those without a value come last, and equal ones stay in their order. */
export function sorted(rows: readonly ListedRow[], key: SortKey, nowMs: number): ListedRow[] {
  const isReversed = key.startsWith("-");
  const name = SORT_NAMES.find((one) => key.endsWith(one)) ?? "id";
  const keyed = rows.map((row) => ({ row, value: valueOf(row, name, nowMs) }));
  return keyed
    .sort(({ value: left }, { value: right }) => {
      if (left === null || right === null) return Number(left === null) - Number(right === null);
      return isReversed ? compared(right, left) : compared(left, right);
    })
    .map(({ row }) => row);
}

function compared(left: number | string, right: number | string): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  return String(left).localeCompare(String(right), "en", { numeric: true });
}

/** A sweep counts as its first unfinished member, but for its name and number. */
function valueOf(row: ListedRow, name: SortName, nowMs: number): number | string | null {
  if ("group" in row) {
    if (name === "id") return row.group.id;
    if (name === "name") return row.group.name;
  }
  const task = "group" in row ? memberOf(row) : row;
  if (task === undefined) return null;
  const { metadata, spec, status } = task;
  switch (name) {
    case "id":
      return metadata.number;
    case "name":
      return metadata.name;
    case "state":
      return STATES.indexOf(status.state);
    case "elapsed":
      return elapsedMs(task, nowMs);
    case "priority":
      return spec.priority;
    case "submitted":
      return Date.parse(metadata.createdAt);
    case "ended":
      return whenEndedMs(task);
  }
}
