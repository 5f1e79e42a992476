import * as v from "valibot";

/** Which task last ran with a checksum. */
const had = v.strictObject({ digest: v.string(), task: v.string(), at: v.string() });

/** What the data of one path was found to be when it was last read; see run/datasets/cache.ts. */
export const remembered = v.strictObject({
  path: v.string(),
  /** Valid as long as this stays. */
  stamp: v.string(),
  digest: v.string(),
  /** The latest last. */
  had: v.array(had),
});
export type Remembered = v.InferOutput<typeof remembered>;

/** The process that has the turn to read some data; see run/datasets/turn.ts. */
export const dataReader = v.strictObject({
  pid: v.number(),
  startTime: v.string(),
  bootId: v.string(),
  /** The folder of its attempt, with its report. */
  directory: v.string(),
});
export type DataReader = v.InferOutput<typeof dataReader>;
