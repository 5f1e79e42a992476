import * as v from "valibot";
import { duration } from "./backoff.ts";

/** Between two successes of a task that restarts always; faster would be a busy loop. */
export const MIN_INTERVAL_MS = 1_000;

/** When a task runs again: never, after a failure worth it, or after every success too. */
export const restart = v.variant("policy", [
  v.strictObject({ policy: v.literal("never") }),
  v.strictObject({ policy: v.literal("onFailure") }),
  v.strictObject({
    policy: v.literal("always"),
    intervalMs: v.pipe(duration, v.minValue(MIN_INTERVAL_MS)),
  }),
]);
export type Restart = v.InferOutput<typeof restart>;

export const DEFAULT_RESTART: Restart = { policy: "onFailure" };
