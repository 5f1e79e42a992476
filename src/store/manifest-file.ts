import { join } from "node:path";
import { unlessRefused } from "../lib/errno.ts";
import { readOwnFile } from "../lib/regular-file.ts";
import type { Artifact } from "../model/artifacts.ts";
import { ATTEMPT_FILES } from "../model/attempt-files.ts";
import type { TaskId } from "../model/identity.ts";
import { namesOrNone } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** Ten thousand artifacts, and as many packages. */
const MAX_BYTES = 16 * 1_024 * 1_024;

/** What readers need of a manifest. */
export interface Manifest {
  readonly task?: { readonly keep?: "always" | number; readonly group?: { readonly name?: string } };
  readonly artifacts?: readonly Artifact[];
}

/** The manifest of an attempt, by its folder; null for none, and for one that cannot be read. */
export function readManifest(folder: string): Manifest | null {
  const text = unlessRefused(() => readOwnFile(join(folder, ATTEMPT_FILES.manifest), MAX_BYTES), null);
  try {
    return text === null ? null : (JSON.parse(text) as Manifest);
  } catch {
    return null;
  }
}

/** The numbers of the attempts that have a folder, the first one first. */
export function attemptsIn(layout: Layout, id: TaskId): number[] {
  const numbers = namesOrNone(layout.run(id)).filter((name) => /^[1-9]\d*$/.test(name));
  return numbers.map(Number).toSorted((left, right) => left - right);
}

/** The last manifest of a task; null for none. */
export function lastManifest(layout: Layout, id: TaskId): Manifest | null {
  for (const number of attemptsIn(layout, id).toReversed()) {
    const manifest = readManifest(layout.attempt(id, number));
    if (manifest !== null) return manifest;
  }
  return null;
}
