import * as v from "valibot";
import type { Task } from "./task.ts";

/** The lanes and keys of a batch, as they stand in its folder. */
export const ties = v.array(v.string());

/** What makes a task depend on which other ones came before it: its lane and its key, as names that no two kinds share. */
export function tiesOf({ spec: { slot, unique } }: Pick<Task, "spec">): string[] {
  return [
    ...(slot === undefined ? [] : [`slot ${slot}`]),
    ...(unique === undefined ? [] : [`unique ${unique}`]),
  ];
}
