import * as v from "valibot";

/** The control groups of one attempt: one of version 2, or one in each hierarchy of version 1. */
const controlGroup = v.strictObject({
  version: v.picklist([1, 2]),
  /** Absolute; all are the job's own. */
  directories: v.array(v.string()),
  /** The one of them that counts memory. */
  memory: v.nullable(v.string()),
});
export type ControlGroup = v.InferOutput<typeof controlGroup>;

/** What is noted beside an attempt before its limits are set, so that a later supervisor finds them. */
export const limitsNote = v.strictObject({
  group: v.nullable(controlGroup),
  /** Systemd makes the group, and a shell in it notes its end. */
  isScoped: v.boolean(),
  bestEffort: v.boolean(),
  /** By their names in the task file. */
  unenforced: v.array(v.string()),
});
export type LimitsNote = v.InferOutput<typeof limitsNote>;
