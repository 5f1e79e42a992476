import { ESCAPE, oneLine } from "../../lib/printable.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";

/** Cyan, yellow, green, magenta, blue, and their bright forms (ECMA-48, 8.3.117). */
const COLOURS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

/** `grid-3 | ` for each member of a sweep or a group, all of one width, and on a terminal in a colour of its own; empty for other tasks. */
export function prefixesOf(tasks: readonly Task[], hasColor: boolean): ReadonlyMap<TaskId, string> {
  const groups = new Set<number | string | undefined>(
    tasks.map(({ metadata: { group, openGroup } }) => openGroup?.id ?? group?.id),
  );
  if (tasks.length < 2 || groups.size > 1 || groups.has(undefined)) return new Map();
  const width = Math.max(...tasks.map(({ metadata: { name } }) => Bun.stringWidth(oneLine(name))));
  return new Map(
    tasks.map(({ metadata: { id, name } }, index) => {
      const padding = " ".repeat(width - Bun.stringWidth(oneLine(name)));
      const text = `${oneLine(name)}${padding} | `;
      const colour = COLOURS[index % COLOURS.length];
      return [id, hasColor ? `${ESCAPE}[${colour}m${text}${ESCAPE}[0m` : text] as const;
    }),
  );
}
