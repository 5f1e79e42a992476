import * as v from "valibot";

/** The control groups of one attempt: one of version 2, or one in each hierarchy of version 1. */
const controlGroup = v.strictObject({
  version: v.picklist([1, 2]),
  /** Absolute paths, all created for this job. */
  directories: v.array(v.string()),
  /** The one with the memory controller. */
  memory: v.nullable(v.string()),
});
export type ControlGroup = v.InferOutput<typeof controlGroup>;

/** Recorded beside an attempt before its limits are set, so that a later supervisor finds the control group. */
export const limitsNote = v.strictObject({
  group: v.nullable(controlGroup),
  /** Systemd creates the group as a scope, and a shell in it records its end. */
  isScoped: v.boolean(),
  bestEffort: v.boolean(),
  /** By their keys in the task file. */
  unenforced: v.array(v.string()),
});
export type LimitsNote = v.InferOutput<typeof limitsNote>;
