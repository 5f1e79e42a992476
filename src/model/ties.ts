import * as v from "valibot";
import type { Task } from "./task.ts";

/** The lanes and unique keys of a batch, as recorded in its folder. */
export const ties = v.array(v.string());

/** What couples a task to those queued before it: its lane and its unique key, prefixed so that the two cannot be equal. */
export function tiesOf({ spec: { slot, unique } }: Pick<Task, "spec">): string[] {
  return [
    ...(slot === undefined ? [] : [`slot ${slot}`]),
    ...(unique === undefined ? [] : [`unique ${unique}`]),
  ];
}
