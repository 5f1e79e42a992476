import * as v from "valibot";

/** A job's share of devices, as the homes of one user tell each other. */
export const deviceShare = v.strictObject({
  /** Of the attempt. */
  token: v.string(),
  home: v.string(),
  task: v.string(),
  /** `Device.id` of each. */
  devices: v.array(v.string()),
  /** Of each device; null is the whole of it. */
  bytes: v.nullable(v.number()),
  bootId: v.string(),
  /** Who gave it; the job may outlive them. */
  supervisor: v.strictObject({ pid: v.number(), startTime: v.string() }),
});
export type DeviceShare = v.InferOutput<typeof deviceShare>;
