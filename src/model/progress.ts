import * as v from "valibot";
import { instant } from "./identity.ts";

const finite = v.pipe(v.number(), v.finite());

/** How far a job is. Any part may be unknown. */
export const progress = v.strictObject({
  percent: v.optional(v.pipe(finite, v.minValue(0), v.maxValue(100))),
  step: v.optional(finite),
  total: v.optional(finite),
  /** The rest of the time, as of `at`. */
  etaMs: v.optional(v.pipe(finite, v.minValue(0))),
  /** Such as `epoch 3`. */
  text: v.optional(v.string()),
  at: v.optional(instant),
});
export type JobProgress = v.InferOutput<typeof progress>;
