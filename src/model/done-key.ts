import * as v from "valibot";
import { instant, taskId, workKey } from "./identity.ts";

/** The last success of a key. */
export const doneKey = v.strictObject({ key: workKey, task: taskId, endedAt: instant });
export type DoneKey = v.InferOutput<typeof doneKey>;
