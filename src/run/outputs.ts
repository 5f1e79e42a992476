import { lstatSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { formatBytes } from "../lib/bytes.ts";
import { unlessRefused } from "../lib/errno.ts";
import { readOwnFile } from "../lib/regular-file.ts";
import { ARTIFACTS_FOLDER, ATTEMPT_FILES } from "../model/attempt-files.ts";
import type { Json, JsonObject } from "../model/job-data.ts";
import { looseJsonIn } from "../model/loose-json.ts";
import { MAX_OUTPUTS_BYTES, type OutputsRead, unfitOutputs } from "../model/outputs.ts";
import type { JobDirectories } from "./environment.ts";
import { inDamagedFolder } from "./records.ts";

/** Reads what a job wrote into `outputs.json`, which may be anything, once no process of it lives. */
export function readOutputs(directory: string): OutputsRead {
  const path = join(directory, ATTEMPT_FILES.outputs);
  const found = inDamagedFolder(() => lstatSync(path, { throwIfNoEntry: false }), undefined);
  if (found === undefined) return { type: "none" };
  const bad = (reason: string): OutputsRead => ({ type: "bad", reason });
  if (found.isSymbolicLink()) return bad("is a symbolic link, wanted a regular file");
  if (found.isDirectory()) return bad("is a folder, wanted a regular file");
  if (!found.isFile()) return bad("is not a regular file, wanted one");
  const tooLarge = `has ${formatBytes(found.size)}, wanted at most ${formatBytes(MAX_OUTPUTS_BYTES)}`;
  if (found.size > MAX_OUTPUTS_BYTES) return bad(`${tooLarge}; what is large goes into a file of its own`);
  const text = inDamagedFolder(() => readOwnFile(path, MAX_OUTPUTS_BYTES), undefined);
  if (text === undefined) return bad("cannot be read, wanted a regular file that this user may read");
  // It had fewer bytes a moment ago.
  if (text === null) return bad(tooLarge);
  if (text.trim() === "") return bad("is empty, wanted one JSON object");
  const data = looseJsonIn(text.replace(/^\uFEFF/, ""));
  const unfit = unfitOutputs(data);
  return unfit === null ? { type: "read", values: data as JsonObject } : bad(unfit);
}

/** Where the files of a job are, on this machine and as the job sees them. */
export interface JobPlaces {
  readonly onMachine: Required<Pick<JobDirectories, "run" | "checkpoint" | "work">>;
  readonly inJob: JobDirectories;
}

/** The path on this machine of a path of the job; null where the job alone can see it, as in a container. */
function onMachine(path: string, { onMachine: here, inJob }: JobPlaces): string | null {
  for (const place of ["run", "checkpoint"] as const)
    if (path === inJob[place] || path.startsWith(`${inJob[place]}/`))
      return here[place] + path.slice(inJob[place].length);
  return inJob.work === undefined ? null : path;
}

/** The places where a relative path of a job may begin, the first one best. */
function candidates(path: string, { inJob }: JobPlaces): string[] {
  if (isAbsolute(path)) return [path];
  const { work, run } = inJob;
  return [...(work === undefined ? [] : [work]), run, join(run, ARTIFACTS_FOLDER)].map((from) =>
    resolve(from, path),
  );
}

/** Finds the file or folder of an output; the path as the job sees it, or why there is none as a clause. */
export function findOutput(
  path: string,
  type: "file" | "dir",
  places: JobPlaces,
): { readonly path: string } | { readonly missing: string } {
  const wanted = type === "file" ? "a file" : "a folder";
  for (const candidate of candidates(path, places)) {
    const here = onMachine(candidate, places);
    // What only the container sees cannot be checked.
    if (here === null) return { path: candidate };
    const found = unlessRefused(() => statSync(here, { throwIfNoEntry: false }), undefined);
    if (found === undefined) continue;
    return (type === "file" ? found.isFile() : found.isDirectory())
      ? { path: candidate }
      : { missing: `which is not ${wanted}` };
  }
  // Relative in a container whose folder is not known.
  if (!isAbsolute(path) && places.inJob.work === undefined) return { path };
  return { missing: `which does not exist, wanted ${wanted}` };
}

/** Values and names without secrets, which a job may have written into its outputs. */
export function masked(values: JsonObject, mask: (text: string) => string): JsonObject {
  const of = (value: Json): Json => {
    if (typeof value === "string") return mask(value);
    if (Array.isArray(value)) return value.map(of);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [mask(name), of(one)]));
  };
  return of(values) as JsonObject;
}
