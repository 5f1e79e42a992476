import { lstatSync, readlinkSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { type EntryBelow, entriesBelow } from "../lib/entries-below.ts";
import { unlessRefused } from "../lib/errno.ts";
import type { Artifact } from "../model/artifacts.ts";
import { ARTIFACTS_FOLDER } from "../model/attempt-files.ts";
import type { TaskId } from "../model/identity.ts";
import type { Layout } from "../store/layout.ts";
import { attemptsIn, readManifest } from "../store/manifest-file.ts";
import { partsOf } from "../store/run-parts.ts";

/** What an attempt left that is kept. */
export interface Artifacts {
  readonly task: TaskId;
  readonly attempt: number;
  /** Of the attempt. */
  readonly folder: string;
  /** In the artifacts folder, which the paths are relative to; those that are gone since it was collected are `gone`. */
  readonly artifacts: readonly SeenArtifact[];
  /** What the job wrote beside it, into the folder of the attempt. */
  readonly others: readonly SeenArtifact[];
}

export interface SeenArtifact extends Pick<Artifact, "path" | "bytes" | "sha256" | "link"> {
  readonly isGone?: true;
  /** A FIFO, a socket or a device: it has no content. */
  readonly isOther?: true;
}

/** The artifacts of an attempt: by default the last one that left some; null where there is no such attempt, or none left any. */
export function artifactsOf(layout: Layout, task: TaskId, attempt?: number): Artifacts | null {
  const numbers = attempt === undefined ? attemptsIn(layout, task).toReversed() : [attempt];
  const beside = partsOf(layout, task).artifacts.paths;
  for (const number of numbers) {
    const folder = layout.attempt(task, number);
    const found = seenIn(folder, beside);
    if (attempt !== undefined || found.artifacts.length + found.others.length > 0)
      return { task, attempt: number, folder, ...found };
  }
  return null;
}

const onRefused = (): void => {};

/** A file, or all that a folder holds. */
function withBelow(folder: string, path: string): EntryBelow[] {
  const stat = unlessRefused(() => lstatSync(join(folder, path)), null);
  if (stat?.isDirectory() === true)
    return [...entriesBelow(folder, { onRefused }, path)].filter(({ type }) => type !== "folder");
  const type = stat?.isSymbolicLink() === true ? "link" : stat?.isFile() === false ? "other" : "file";
  return [{ name: basename(path), path, type }];
}

function seenIn(folder: string, beside: readonly string[]): Pick<Artifacts, "artifacts" | "others"> {
  const known = new Map(readManifest(folder)?.artifacts?.map((one) => [one.path, one]));
  const root = join(folder, ARTIFACTS_FOLDER);
  const artifacts = [...entriesBelow(root, { onRefused })]
    .filter(({ type }) => type !== "folder")
    .map((entry): SeenArtifact => {
      const seen = seenAt(root, entry);
      const noted = known.get(entry.path);
      known.delete(entry.path);
      // The hash is that of the file as it was collected.
      return noted?.sha256 !== undefined && noted.bytes === seen.bytes
        ? { ...seen, sha256: noted.sha256 }
        : seen;
    });
  const gone = [...known.values()].map(({ path, bytes }) => ({ path, bytes, isGone: true as const }));
  const others = beside
    .map((path) => relative(folder, path))
    .filter((path) => !path.startsWith("..") && path !== ARTIFACTS_FOLDER)
    .flatMap((path) => withBelow(folder, path));
  return { artifacts: [...artifacts, ...gone], others: others.map((entry) => seenAt(folder, entry)) };
}

function seenAt(folder: string, { path, type }: EntryBelow): SeenArtifact {
  const stat = unlessRefused(() => lstatSync(join(folder, path)), null);
  const link = type === "link" ? unlessRefused(() => readlinkSync(join(folder, path)), "") : undefined;
  return {
    path,
    bytes: type === "link" ? 0 : (stat?.size ?? 0),
    ...(link !== undefined && { link }),
    ...(type === "other" && { isOther: true as const }),
  };
}
