import * as v from "valibot";
import { taskId } from "./identity.ts";

/** Which end of a parent lets its dependent start. */
export const PARENT_ENDS = ["success", "any", "failure"] as const;
export type DependencyEnd = (typeof PARENT_ENDS)[number];

/** One parent of a task. */
export const dependency = v.strictObject({ task: taskId, when: v.picklist(PARENT_ENDS) });
export type Dependency = v.InferOutput<typeof dependency>;

/** How far a parent is; `gone` where its record was removed. */
export type ParentState = "unfinished" | "completed" | "failed" | "cancelled" | "gone";

/** A parent as it was asked for: a number, an id, or a name, to be looked up when the task is queued. */
export interface ParentReference {
  readonly reference: string;
  readonly when: DependencyEnd;
}
