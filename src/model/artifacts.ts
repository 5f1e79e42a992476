import * as v from "valibot";

/** How many artifacts an attempt has, and their bytes. */
export const artifactsTotal = v.strictObject({ count: v.number(), bytes: v.number() });
export type ArtifactsTotal = v.InferOutput<typeof artifactsTotal>;

/** An entry of the artifacts folder of an attempt. */
const artifact = v.strictObject({
  /** Relative to the folder. */
  path: v.string(),
  bytes: v.number(),
  /** Absent for a link, which is not followed, and for a file that could not be read. */
  sha256: v.optional(v.string()),
  /** The target of a link. */
  link: v.optional(v.string()),
  foundAt: v.string(),
});
export type Artifact = v.InferOutput<typeof artifact>;
