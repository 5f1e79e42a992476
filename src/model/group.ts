import * as v from "valibot";
import { durationMs } from "./backoff.ts";
import { taskName } from "./identity.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/** How many members in a row that fail so soon after their start hold the others. */
const holdAfter = v.strictObject({ failures: count, withinMs: durationMs });
export type HoldAfter = v.InferOutput<typeof holdAfter>;
export const DEFAULT_HOLD_WITHIN_MS = 60_000;

/** A larger sweep is a mistake in a range. */
export const MAX_GROUP_SIZE = 100_000;

const shape = {
  name: taskName,
  /** 1-based. */
  index: count,
  size: v.pipe(count, v.maxValue(MAX_GROUP_SIZE)),
  /** The values of the placeholders, by name. */
  values: v.record(v.string(), v.string()),
  /** Its place in the sweep as written, where members were left out at the submission. */
  of: v.optional(v.strictObject({ index: count, size: v.pipe(count, v.maxValue(MAX_GROUP_SIZE)) })),
  /** How many members may run at a time. */
  maxParallel: v.optional(count),
  /** After this many failed members the queued ones are cancelled. */
  maxFailures: v.optional(count),
  holdAfter: v.optional(holdAfter),
};

/** A task's membership in a sweep. */
export const group = v.strictObject({ ...shape, /** The number of the first member. */ id: count });
export type Group = v.InferOutput<typeof group>;

/** The same before the task has a number. */
export const draftGroup = v.strictObject(shape);
export type DraftGroup = v.InferOutput<typeof draftGroup>;

/** What a member is in its sweep as written. */
export const sweepPlace = v.strictObject({ index: count, size: count, values: shape.values });
export type SweepPlace = v.InferOutput<typeof sweepPlace>;

/** What a task is in its sweep, or a copy in that of its original; null for a task that was never in one. */
export function sweepPlaceOf({
  group: of,
  copiedMember,
}: {
  readonly group?: Group | undefined;
  readonly copiedMember?: SweepPlace | undefined;
}): SweepPlace | null {
  if (of === undefined) return copiedMember ?? null;
  const { index, size } = of.of ?? of;
  return { index, size, values: of.values };
}

/** The environment variable that holds a value of the sweep: `learning rate` → `STINT_VALUE_LEARNING_RATE`. */
export function valueVariable(name: string): string {
  return `STINT_VALUE_${name.replaceAll(/[^A-Za-z0-9]+/g, "_").toUpperCase()}`;
}
