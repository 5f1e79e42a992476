import * as v from "valibot";
import { taskName } from "./identity.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/** More members than this is a slip in a range. */
export const MAX_GROUP_SIZE = 100_000;

const shape = {
  name: taskName,
  /** 1-based. */
  index: count,
  size: v.pipe(count, v.maxValue(MAX_GROUP_SIZE)),
  /** What the placeholders stood for, by name. */
  values: v.record(v.string(), v.string()),
  /** Members that may run at a time. */
  maxParallel: v.optional(count),
  /** So many failed members call the waiting ones off. */
  maxFailures: v.optional(count),
};

/** The place of a task in a sweep. */
export const group = v.strictObject({ ...shape, /** The number of the first member. */ id: count });
export type Group = v.InferOutput<typeof group>;

/** The same before the task has a number. */
export const draftGroup = v.strictObject(shape);
export type DraftGroup = v.InferOutput<typeof draftGroup>;

/** The variable that gives a job a value of its sweep: `learning rate` → `STINT_VALUE_LEARNING_RATE`. */
export function valueVariable(name: string): string {
  return `STINT_VALUE_${name.replaceAll(/[^A-Za-z0-9]+/g, "_").toUpperCase()}`;
}
