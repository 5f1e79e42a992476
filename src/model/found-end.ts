import * as v from "valibot";
import { failureCode } from "./failure.ts";

const ending = v.variant("type", [
  v.strictObject({
    type: v.literal("exited"),
    exitCode: v.nullable(v.number()),
    signal: v.nullable(v.string()),
    signalInferred: v.boolean(),
    sawTerm: v.boolean(),
  }),
  v.strictObject({
    type: v.literal("notStarted"),
    code: failureCode,
    error: v.string(),
    exit: v.exactOptional(v.picklist([126, 127])),
  }),
  v.strictObject({ type: v.literal("lost"), signal: v.nullable(v.string()), note: v.string() }),
]);

/**
 * The evidence of an ended job, on record while its results are collected: the disk, the processes and the supervisor are others by the
 * time it is judged, maybe by the next supervisor. The log does not change, and is read then.
 */
export const foundEnd = v.strictObject({
  ending,
  endedAtMs: v.number(),
  /** Whether stint had asked it to stop: a request that came later is no reason for the end. */
  isStopped: v.boolean(),
  isStopping: v.exactOptional(v.boolean()),
  oomKilled: v.boolean(),
  fullDisk: v.exactOptional(v.string()),
  python: v.exactOptional(v.string()),
  leftBehind: v.exactOptional(v.number()),
  peakMemoryBytes: v.exactOptional(v.number()),
  cpuMs: v.exactOptional(v.number()),
  peakRssBytes: v.exactOptional(v.number()),
  unenforced: v.exactOptional(v.array(v.string())),
});
export type FoundEnd = v.InferOutput<typeof foundEnd>;
