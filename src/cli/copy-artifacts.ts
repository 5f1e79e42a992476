import { lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Artifacts, SeenArtifact } from "../desk/artifacts.ts";
import { copyFile } from "../lib/copy-file.ts";
import { errnoOf } from "../lib/errno.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { ARTIFACTS_FOLDER } from "../model/attempt-files.ts";
import { type Problem, rejected } from "../model/errors.ts";
import { tryFs } from "../store/fs-errors.ts";

/** One file to copy. */
interface Copy {
  readonly from: string;
  readonly to: string;
  readonly of: SeenArtifact;
}

/**
 * Copies artifacts into a folder, those of several tasks each into a folder named after the task. Nothing is replaced: where one of the
 * files is there already, none is copied, and what is neither a file nor a link is left out. Returns how many were copied.
 */
export function copyOut(found: readonly Artifacts[], folder: string): Result<number, Problem> {
  const copies = found.flatMap((one) => copiesOf(one, found.length === 1 ? folder : join(folder, one.task)));
  const there = copies.find(({ to }) => lstatSync(to, { throwIfNoEntry: false }) !== undefined);
  if (there !== undefined)
    return rejected(
      "ALREADY_EXISTS",
      `Cannot copy to "${there.to}": it is there already, wanted another folder, or that file moved away`,
    );
  for (const copy of copies) {
    const done = tryFs(`copy "${copy.from}" to "${copy.to}"`, () => copyOne(copy));
    if (!done.ok) return err(done.error);
  }
  return ok(copies.length);
}

function copiesOf({ folder, artifacts, others }: Artifacts, into: string): Copy[] {
  const names = new Set(artifacts.map(({ path }) => path));
  const copies = (root: string, some: readonly SeenArtifact[], toOf: (path: string) => string): Copy[] =>
    some
      .filter(({ isGone, isOther }) => isGone !== true && isOther !== true)
      .map((of) => ({ from: join(root, of.path), to: join(into, toOf(of.path)), of }));
  return [
    ...copies(join(folder, ARTIFACTS_FOLDER), artifacts, (path) => path),
    ...copies(folder, others, (path) => (names.has(path) ? join("beside", path) : path)),
  ];
}

function copyOne({ from, to, of }: Copy): void {
  mkdirSync(dirname(to), { recursive: true });
  if (of.link !== undefined) return symlinkSync(readlinkSync(from), to);
  try {
    copyFile(from, to, () => {});
  } catch (error) {
    // A part of it; another file that came meanwhile stays.
    if (errnoOf(error) !== "EEXIST") rmSync(to, { force: true });
    throw error;
  }
}
