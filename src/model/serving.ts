import * as v from "valibot";
import { instant } from "./identity.ts";

/** Where the server of a home can be reached. */
export const serving = v.strictObject({
  pid: v.number(),
  /** `http://127.0.0.1:7468`, or `unix:` and a path. */
  address: v.string(),
  isReadOnly: v.boolean(),
  since: instant,
});
export type Serving = v.InferOutput<typeof serving>;
