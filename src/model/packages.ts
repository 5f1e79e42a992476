import * as v from "valibot";

/** The packages of a Python environment, as its folders name them. */
const packages = v.strictObject({
  /** The root of the environment: of a venv, of conda, or `/usr`. */
  prefix: v.string(),
  /** Such as 3.11; absent where no folder tells it. */
  python: v.optional(v.string()),
  /** By normalized names; `1.2 (git 1a2b3c4)` for one of a repository, `1.2 (editable, /path)` for one of a folder. */
  versions: v.record(v.string(), v.string()),
});
export type Packages = v.InferOutput<typeof packages>;

/** What the record of an attempt keeps of them; the names are in its manifest. */
export const packagesSummary = v.strictObject({
  prefix: v.string(),
  python: v.optional(v.string()),
  count: v.number(),
});
export type PackagesSummary = v.InferOutput<typeof packagesSummary>;

export function summaryOfPackages({ prefix, python, versions }: Packages): PackagesSummary {
  const count = Object.keys(versions).length;
  return { prefix, ...(python !== undefined && { python }), count };
}

/** A package whose version differs; null where there is none. */
export interface PackageChange {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What differs between two environments, by name. */
export function packageChanges(before: Packages["versions"], after: Packages["versions"]): PackageChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names]
    .sort()
    .map((name) => ({ name, before: before[name] ?? null, after: after[name] ?? null }))
    .filter((one) => one.before !== one.after);
}

/** What pip notes of a package that is from no index (PEP 610); other keys are of no use here. */
export const directUrl = v.object({
  url: v.string(),
  vcs_info: v.optional(v.object({ commit_id: v.optional(v.string()) })),
  dir_info: v.optional(v.object({ editable: v.optional(v.boolean()) })),
});

/** The parts of a manifest that are read again; other keys are for other programs. */
export const manifestParts = v.object({
  task: v.object({ id: v.string() }),
  packages: v.optional(packages),
  artifacts: v.optional(
    v.array(v.object({ path: v.string(), bytes: v.number(), sha256: v.optional(v.string()) })),
  ),
});
export type ManifestParts = v.InferOutput<typeof manifestParts>;
