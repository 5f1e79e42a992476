import * as v from "valibot";
import { DATA_MOUNT } from "./kind.ts";

/** The name is part of a variable and of a mount. Two words are names that every object has. */
export const DATASET_NAME = /^(?!constructor$|prototype$)[A-Za-z0-9][\w.-]{0,63}$/;
export const SHA256 = /^[0-9a-f]{64}$/;

const absolute = v.pipe(
  v.string(),
  v.startsWith("/"),
  v.check((text) => !text.includes("\0"), "holds a NUL character, which no path can carry"),
);
const sha256 = v.pipe(v.string(), v.regex(SHA256));

/** Data that a task reads: it is verified before the program runs. */
const dataset = v.strictObject({
  /** The file or folder. */
  path: absolute,
  /** The checksum that it must have; absent where any is accepted, and recorded. */
  sha256: v.optional(sha256),
});
export type Dataset = v.InferOutput<typeof dataset>;

export const datasetsSchema = v.record(v.pipe(v.string(), v.regex(DATASET_NAME)), dataset);
export type Datasets = v.InferOutput<typeof datasetsSchema>;

/** What a data set was found to be. */
export const foundDataset = v.strictObject({
  path: v.string(),
  sha256: v.optional(sha256),
  bytes: v.number(),
  /** Of a folder. */
  files: v.optional(v.number()),
});
export type FoundDataset = v.InferOutput<typeof foundDataset>;

/** Where a data set is in a container. */
export function datasetMount(name: string): string {
  return `${DATA_MOUNT}/${name}`;
}

/** The paths of data sets, by name. */
export function pathsOf(of: Datasets): Record<string, string> {
  return Object.fromEntries(Object.entries(of).map(([name, { path }]) => [name, path]));
}

/** The same in a container. */
export function mountsOf(of: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.keys(of).map((name) => [name, datasetMount(name)]));
}

/** The variable that tells a job where a data set is. */
export function datasetVariable(name: string): string {
  return `STINT_DATASET_${name.replaceAll(/[^A-Za-z0-9]+/g, "_").toUpperCase()}`;
}
