import { lstatSync, readlinkSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { timestamp } from "../../lib/clock.ts";
import { entriesBelow } from "../../lib/entries-below.ts";
import { errnoOf, unlessRefused } from "../../lib/errno.ts";
import { hashFile } from "../../lib/file-hash.ts";
import type { Artifact } from "../../model/artifacts.ts";
import { ARTIFACTS_FOLDER } from "../../model/attempt-files.ts";
import type { Collected } from "../../model/collected.ts";
import { copyArtifacts } from "./copies.ts";
import { Notes } from "./notes.ts";
import type { Collecting, Part } from "./part.ts";

/** So many are listed with their hashes; the others are counted. */
const MAX_LISTED = 10_000;

/** The files that a job left in its artifacts folder, and copies of those that its task names. */
export const artifactsPart: Part = {
  name: "artifacts",
  isNeeded: ({ task, directory }) =>
    task.spec.artifacts?.paths !== undefined || holdsAny(join(directory, ARTIFACTS_FOLDER)),
  collect: collectArtifacts,
};

/** Removes the folder where it is empty, which is the quickest way to learn whether it is. */
function holdsAny(folder: string): boolean {
  try {
    rmdirSync(folder);
    return false;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return unlessRefused(() => lstatSync(folder, { throwIfNoEntry: false }) !== undefined, false);
  }
}

function collectArtifacts(of: Collecting): Collected {
  const { directory, nowMs, beat } = of;
  const folder = join(directory, ARTIFACTS_FOLDER);
  const artifacts: Artifact[] = [];
  const notes = new Notes();
  const { hashes, isDiskFull } = copyArtifacts(of, notes);
  const total = { count: 0, bytes: 0 };
  const onRefused = (path: string, errno: string): void => {
    if (path !== "" || errno !== "ENOENT")
      notes.add(`${join(ARTIFACTS_FOLDER, path)} could not be read: ${errno}`);
  };
  for (const { path, type } of entriesBelow(folder, { onRefused })) {
    beat();
    if (type === "folder") continue;
    if (type === "other") {
      notes.add(`${join(ARTIFACTS_FOLDER, path)} is neither a file nor a link, and was left alone`);
      continue;
    }
    const found =
      hashes.get(path) ?? artifactAt(folder, path, { type, beat, isHashed: total.count < MAX_LISTED });
    total.count += 1;
    total.bytes += found.bytes;
    if ("refused" in found) notes.add(`${join(ARTIFACTS_FOLDER, path)} could not be read: ${found.refused}`);
    if (total.count <= MAX_LISTED) artifacts.push(listed(path, found, nowMs()));
  }
  if (total.count === 0) unlessRefused(() => rmdirSync(folder), undefined);
  return {
    artifacts,
    artifactsTotal: total,
    notes: notes.all,
    ...(isDiskFull && { isDiskFull }),
  };
}

type Found = Omit<Artifact, "path" | "foundAt">;

function listed(path: string, { bytes, sha256, link }: Found, nowMs: number): Artifact {
  return {
    path,
    bytes,
    ...(sha256 !== undefined && { sha256 }),
    ...(link !== undefined && { link }),
    foundAt: timestamp(nowMs),
  };
}

/** What is known of an entry; a file that cannot be read is an artifact all the same. */
function artifactAt(
  folder: string,
  path: string,
  how: { readonly type: "file" | "link"; readonly beat: () => void; readonly isHashed: boolean },
): Found & { readonly refused?: string } {
  const whole = join(folder, path);
  try {
    if (how.type === "link") return { bytes: 0, link: readlinkSync(whole) };
    return how.isHashed ? hashFile(whole, how.beat) : { bytes: lstatSync(whole).size };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return { bytes: unlessRefused(() => lstatSync(whole).size, 0), refused: errno };
  }
}
