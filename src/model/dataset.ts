import * as v from "valibot";
import { DATA_MOUNT } from "./kind.ts";

/** The name is part of a variable and of a mount. Two words are names that every object has. */
export const DATASET_NAME = /^(?!constructor$|prototype$)[A-Za-z0-9][\w.-]{0,63}$/;
export const SHA256 = /^[0-9a-f]{64}$/;

/** Whether a task may run with data that does not match its checksum. */
export const PROVENANCES = ["strict", "bestEffort"] as const;
/** Whether data is read: at each start, where it may have changed since it was read, or at no start. */
export const VERIFICATIONS = ["always", "cached", "never"] as const;
/** What a container may do with the data. */
export const DATA_MODES = ["ro", "rw"] as const;

const absolute = v.pipe(
  v.string(),
  v.startsWith("/"),
  v.check((text) => !text.includes("\0"), "holds a NUL character, which no path can carry"),
);
const sha256 = v.pipe(v.string(), v.regex(SHA256));
/** As DVC writes it: that of a folder ends with `.dir`. */
const md5 = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}(?:\.dir)?$/));

/** Data that a task reads: it is verified before the program runs. */
const dataset = v.strictObject({
  /** The file or folder. */
  path: absolute,
  /** The checksum that it must have; absent where any is accepted, and recorded. */
  sha256: v.optional(sha256),
  /** The file of DVC that has the checksum. */
  dvc: v.optional(absolute),
  /** Default: ro. */
  mode: v.optional(v.picklist(DATA_MODES)),
  /** Default: cached. */
  verify: v.optional(v.picklist(VERIFICATIONS)),
});
export type Dataset = v.InferOutput<typeof dataset>;

const name = v.pipe(v.string(), v.regex(DATASET_NAME));
export const datasetsSchema = v.record(name, dataset);
export type Datasets = v.InferOutput<typeof datasetsSchema>;

/** The order to verify data; paths are absolute. */
export const dataOrder = v.strictObject({
  datasets: datasetsSchema,
  provenance: v.picklist(PROVENANCES),
  /** Of the task, for those that need the same data later. */
  task: v.string(),
  /** The folder of what was verified before. */
  cache: v.string(),
});
export type DataOrder = v.InferOutput<typeof dataOrder>;

/** What a data set was found to be. */
const foundDataset = v.strictObject({
  path: v.string(),
  /** Absent where it was not verified, or has one of the other kind. */
  sha256: v.optional(sha256),
  md5: v.optional(md5),
  bytes: v.optional(v.number()),
  /** Of a folder. */
  files: v.optional(v.number()),
  /** Changes whenever a file of it does; see `stampOf`. */
  stamp: v.optional(v.string()),
  /** Why it may not be what was wanted, a sentence. */
  warning: v.optional(v.string()),
});
export type FoundDataset = v.InferOutput<typeof foundDataset>;
export const foundDatasets = v.record(name, foundDataset);

export const MAX_SNAPSHOT_LENGTH = 128;
/** The id of a snapshot, which `snapshots/ID.json` of the home describes. */
export const snapshotId = v.pipe(v.string(), v.regex(/^[\w.-]+$/), v.maxLength(MAX_SNAPSHOT_LENGTH));
/** The name of its data among the data sets of a task. */
export const SNAPSHOT = "snapshot";
/** What that file says; other programs may note more in it. */
export const snapshotFile = v.object({ path: absolute, sha256 });

/** The paths of data sets, by name. */
export function pathsOf(of: Datasets): Record<string, string> {
  return Object.fromEntries(Object.entries(of).map(([key, { path }]) => [key, path]));
}

/** The same in a container. */
export function mountsOf(of: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.keys(of).map((key) => [key, datasetMount(key)]));
}

/** Where a data set is in a container. */
export function datasetMount(of: string): string {
  return `${DATA_MOUNT}/${of}`;
}

/** The variable that tells a job where a data set is. */
export function datasetVariable(of: string): string {
  if (of === SNAPSHOT) return "STINT_SNAPSHOT_DIR";
  return `STINT_DATASET_${of.replaceAll(/[^A-Za-z0-9]+/g, "_").toUpperCase()}`;
}
