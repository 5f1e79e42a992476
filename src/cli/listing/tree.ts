import type { TaskId } from "../../model/identity.ts";
import { numberOf } from "../../model/identity.ts";
import type { Dependency } from "../../model/spec.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { TaskReader } from "../../store/reader.ts";
import type { ListedRow } from "./choose.ts";

/** A row with what stands before its name and after its reason. */
export interface Line {
  readonly row: ListedRow;
  /** The branches that lead to it. */
  readonly branches: string;
  /** Other parents, or those that have no record. */
  readonly note: string;
}

/** A long history may stand behind one queued task. */
const MAX_PARENTS = 10_000;
/** Deeper tasks are drawn at this depth, with it as a number. */
const MAX_DEPTH = 8;

/** Rows that no tree is drawn of. */
export function plainLines(rows: readonly ListedRow[]): Line[] {
  return rows.map((row) => ({ row, branches: "", note: "" }));
}

interface Node {
  readonly row: ListedRow;
  readonly children: Node[];
  readonly note: string;
}

/**
 * The rows as a forest: each below one of its parents, the last that is listed, and once. Parents that are not among the rows are read,
 * so that a task stands below what it waits for, ended or not.
 */
export function treeLines(layout: Layout, rows: readonly ListedRow[]): Line[] {
  const all = [...withParents(layout, rows)].sort((left, right) => numberIn(left) - numberIn(right));
  const rowOf = new Map<TaskId, ListedRow>(all.flatMap((row) => idsIn(row).map((id) => [id, row] as const)));
  const nodes = new Map<ListedRow, Node>();
  const roots: Node[] = [];
  for (const row of all) {
    const edges = edgesOf(row);
    const parents = edges.map(({ task }) => task);
    // Numbers grow from parents to children, so a parent has its node, and no circle is drawn.
    const above = parents.findLast((id) => nodes.has(rowOf.get(id) ?? row));
    const node: Node = { row, children: [], note: noteOn(edges, above, rowOf) };
    nodes.set(row, node);
    const parent = above === undefined ? undefined : nodes.get(rowOf.get(above) ?? row);
    (parent?.children ?? roots).push(node);
  }
  return drawn(roots);
}

/** The other parents, by number; those without a record as such. */
function noteOn(
  edges: readonly Dependency[],
  above: TaskId | undefined,
  rowOf: ReadonlyMap<TaskId, ListedRow>,
): string {
  const isElsewhere = (id: TaskId): boolean => above === undefined || rowOf.get(id) !== rowOf.get(above);
  const others = edges.map(({ task }) => task).filter((id) => id !== above && isElsewhere(id));
  if (others.length === 0) return "";
  // Where one of them is enough; beside others, `explain` tells the two apart.
  const isChoice = edges.every(({ when }) => when === "oneOf");
  const texts = others.slice(0, 3).map((id) => `${numberOf(id)}${rowOf.has(id) ? "" : " (removed)"}`);
  const more = others.length > texts.length ? ` and ${others.length - texts.length} more` : "";
  if (isChoice) return `${above === undefined ? "after one of" : "or after"} ${texts.join(", ")}${more}`;
  return `${above === undefined ? "after" : "also after"} ${texts.join(", ")}${more}`;
}

/** Without recursion: a chain may have thousands of tasks. */
function drawn(roots: readonly Node[]): Line[] {
  const lines: Line[] = [];
  const stack = roots.toReversed().map((node) => ({ node, branches: "", below: "", depth: 0 }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, branches, below, depth } = next;
    lines.push({ row: node.row, branches, note: node.note });
    const { children } = node;
    for (let index = children.length - 1; index >= 0; index -= 1) {
      const child = children[index];
      if (child === undefined) continue;
      const isLast = index === children.length - 1;
      const isDeep = depth + 1 > MAX_DEPTH;
      stack.push({
        node: child,
        branches: isDeep ? `${below}+${depth + 1 - MAX_DEPTH} ` : `${below}${isLast ? "└─ " : "├─ "}`,
        below: isDeep ? below : `${below}${isLast ? "   " : "│  "}`,
        depth: depth + 1,
      });
    }
  }
  return lines;
}

/** The rows, and all tasks above them that have a record. */
function withParents(layout: Layout, rows: readonly ListedRow[]): Set<ListedRow> {
  const all = new Set(rows);
  const known = new Set(rows.flatMap(idsIn));
  const reader = new TaskReader(layout);
  const open = rows.flatMap(parentsOf);
  for (let id = open.pop(); id !== undefined && all.size < rows.length + MAX_PARENTS; id = open.pop()) {
    if (known.has(id)) continue;
    known.add(id);
    const read = reader.read(id);
    if (!read.ok) continue;
    all.add(read.value);
    open.push(...parentsOf(read.value));
  }
  return all;
}

function membersOf(row: ListedRow): readonly Task[] {
  if (!("group" in row)) return [row];
  return [...row.running, ...row.queued, ...(row.last === undefined ? [] : [row.last])];
}

function idsIn(row: ListedRow): TaskId[] {
  return membersOf(row).map(({ metadata }) => metadata.id);
}

/** Of a sweep, those of its first unfinished member. */
function edgesOf(row: ListedRow): readonly Dependency[] {
  return membersOf(row)[0]?.spec.after ?? [];
}

function parentsOf(row: ListedRow): TaskId[] {
  return edgesOf(row).map(({ task }) => task);
}

function numberIn(row: ListedRow): number {
  return "group" in row ? row.group.id : row.metadata.number;
}
