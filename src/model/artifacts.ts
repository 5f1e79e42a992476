import * as v from "valibot";
import { durationMs } from "./backoff.ts";

/** Globs at most, and the bytes of one. */
export const MAX_GLOBS = 64;
export const MAX_GLOB_LENGTH = 512;

/** What of a job's files is kept, beside what it writes into its artifacts folder. */
export const artifactsAsked = v.strictObject({
  /** Relative to the working directory; see `lib/glob-files.ts`. */
  paths: v.optional(v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.maxLength(MAX_GLOBS))),
  /** For how long, after the end of the task, in ms; absent means as long as `retention.artifacts` says. */
  keep: v.optional(v.union([v.literal("always"), durationMs])),
});

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
