import * as v from "valibot";
import { instant, taskId, workKey } from "./identity.ts";
import { FINGERPRINT_KEY } from "./reuse.ts";

/** The last success of a key. */
export const doneKey = v.strictObject({
  key: v.union([workKey, v.pipe(v.string(), v.regex(FINGERPRINT_KEY))]),
  task: taskId,
  endedAt: instant,
});
export type DoneKey = v.InferOutput<typeof doneKey>;
