import * as v from "valibot";
import { STATES } from "../state.ts";
import { taskRowSchema } from "./task-row.ts";

/** The queue at a glance. */
export const homeSummarySchema = v.strictObject({
  /** How many tasks are in each state. */
  states: v.record(v.picklist(STATES), v.number()),
  /** Completed or cancelled tasks of long ago that are not in `states` yet, shortly after the start. */
  uncounted: v.number(),
  /** When the oldest queued task was submitted; null without one. */
  oldestQueuedAt: v.nullable(v.string()),
  /** The services that run, or are to run. */
  services: v.array(taskRowSchema),
  /** The process that starts tasks; null where none does. */
  supervisor: v.nullable(v.strictObject({ pid: v.number(), since: v.string() })),
});
export type HomeSummary = v.InferOutput<typeof homeSummarySchema>;
