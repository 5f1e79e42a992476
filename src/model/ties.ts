import * as v from "valibot";
import type { Task } from "./task.ts";

/** The lanes and keys of a batch, as recorded in its folder. */
export const ties = v.array(v.string());

/** What couples a task to those queued before it: its lane and its keys, prefixed so that no two kinds can be equal. */
export function tiesOf({ spec: { slot, unique, key } }: Pick<Task, "spec">): string[] {
  return [
    ...(slot === undefined ? [] : [`slot ${slot}`]),
    ...(unique === undefined ? [] : [`unique ${unique}`]),
    ...(key === undefined ? [] : [`key ${key}`]),
  ];
}
