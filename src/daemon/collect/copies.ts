import {
  linkSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { copyFile } from "../../lib/copy-file.ts";
import { errnoOf, unlessRefused } from "../../lib/errno.ts";
import { type HashedFile, hashFile } from "../../lib/file-hash.ts";
import { filesMatching } from "../../lib/glob-files.ts";
import { uuid } from "../../lib/random.ts";
import { syncDirectory } from "../../lib/sync-directory.ts";
import { ARTIFACTS_FOLDER, STAGING_FOLDER } from "../../model/attempt-files.ts";
import { openAttempt } from "../../model/task.ts";
import { workFolder } from "../../model/work-folder.ts";
import type { Notes } from "./notes.ts";
import type { Collecting } from "./part.ts";

/** A glob that matches more was not meant to: the entries that are looked at, and the files that are copied. */
const MAX_LOOKED = 500_000;
const MAX_COPIED = 10_000;

/** What the copying came to. */
export interface Copied {
  /** Of the files that are in the artifacts folder now, by their paths there. */
  readonly hashes: ReadonlyMap<string, HashedFile>;
  readonly isDiskFull: boolean;
}

/**
 * Copies the files that `artifacts:` names from the working directory into the artifacts folder, each under its own path. A file of the
 * folder is never replaced: it is the job's, or a copy that was made before a crash, when the original was still that of the job. The
 * originals stay. A link out of the working directory becomes a link; others are copied as what they lead to.
 */
export function copyArtifacts(of: Collecting, notes: Notes): Copied {
  const { task, directory, layout, beat } = of;
  const { artifacts } = task.spec;
  const cwd = workFolder(task, directory);
  const globs = artifacts?.paths ?? [];
  const stagings = join(directory, STAGING_FOLDER);
  rmSync(stagings, { recursive: true, force: true });
  if (globs.length === 0) return { hashes: new Map(), isDiskFull: false };
  // Of its own: the process of an earlier supervisor may still be copying.
  const staging = join(stagings, uuid());
  const copying = new Copying(of, { staging, notes });
  mkdirSync(staging, { recursive: true, mode: 0o700 });
  let looked = 0;
  const found = filesMatching(globs, {
    folder: cwd,
    isSkipped: (path) => looked > MAX_LOOKED || join(cwd, path) === layout.home,
    onLook: () => {
      beat();
      looked += 1;
    },
    onRefused: (path, errno) => notes.add(`${join(cwd, path)} could not be read: ${errno}`),
  });
  let count = 0;
  for (const { path, type } of found) {
    if (type === "folder") continue;
    count += 1;
    if (count > MAX_COPIED) break;
    if (type === "other") notes.add(`${path} is neither a file nor a link, and was not copied`);
    else copying.copy(path, type);
  }
  rmSync(stagings, { recursive: true, force: true });
  if (count > MAX_COPIED || looked > MAX_LOOKED)
    notes.add(`${globs.join(" ")} means more than ${MAX_COPIED} files: the others were not copied`);
  if (count === 0 && openAttempt(task)?.found?.ending.type === "exited")
    notes.add(`no file in ${cwd} matches ${globs.join(" ")}`);
  copying.sync();
  return copying;
}

class Copying implements Copied {
  readonly hashes = new Map<string, HashedFile>();
  isDiskFull = false;
  readonly #of: Collecting;
  readonly #cwd: string;
  readonly #folder: string;
  readonly #staging: string;
  readonly #notes: Notes;
  readonly #folders = new Set<string>();
  /** When the job had ended: what is written later is not its own. */
  readonly #endedMs: number;

  constructor(of: Collecting, { staging, notes }: { readonly staging: string; readonly notes: Notes }) {
    this.#of = of;
    this.#cwd = workFolder(of.task, of.directory);
    this.#folder = join(of.directory, ARTIFACTS_FOLDER);
    this.#staging = staging;
    this.#notes = notes;
    this.#endedMs = Date.parse(of.task.metadata.updatedAt);
  }

  copy(path: string, type: "file" | "link"): void {
    try {
      const from = type === "link" ? this.#followed(path) : join(this.#cwd, path);
      const to = this.#placeOf(path);
      if (from === null) this.#link(path, to);
      else if (lstatSync(to, { throwIfNoEntry: false }) === undefined) this.#copyFile(from, { path, to });
      else this.#compare(from, { path, to });
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === null) throw error;
      this.#refused(path, errno);
    }
  }

  sync(): void {
    for (const folder of this.#folders) syncDirectory(folder);
  }

  #refused(path: string, errno: string): void {
    const whole = join(this.#cwd, path);
    const isFull = errno === "ENOSPC" || errno === "EDQUOT";
    this.isDiskFull ||= isFull;
    if (errno === "ENOENT") this.#notes.add(`${path} was gone before it could be copied`);
    else if (isFull) this.#notes.add(`${path} was not copied: the disk is full; it is still ${whole}`);
    else this.#notes.add(`${path} was not copied (${errno}); it is still ${whole}`);
  }

  /** The file that a link leads to, where that is in the working directory; else null. */
  #followed(path: string): string | null {
    const target = unlessRefused(() => realpathSync(join(this.#cwd, path)), null);
    const root = `${realpathSync(this.#cwd)}/`;
    return target?.startsWith(root) && statSync(target).isFile() ? target : null;
  }

  /** The path of a copy, whose folders are made; throws where another kind of file is in the way. */
  #placeOf(path: string): string {
    let folder = this.#folder;
    for (const part of ["", ...dirname(path).split("/")]) {
      folder = join(folder, part === "." ? "" : part);
      if (this.#folders.has(folder)) continue;
      unlessRefused(() => mkdirSync(folder, { mode: 0o700 }), undefined, ["EEXIST"]);
      // A link of the job could lead anywhere.
      if (!lstatSync(folder).isDirectory()) throw Object.assign(new Error(folder), { code: "ENOTDIR" });
      this.#folders.add(folder);
    }
    return join(folder, basename(path));
  }

  #link(path: string, to: string): void {
    const whole = join(this.#cwd, path);
    const target = resolve(dirname(whole), readlinkSync(whole));
    unlessRefused(() => symlinkSync(target, to), undefined, ["EEXIST"]);
  }

  #copyFile(from: string, { path, to }: { readonly path: string; readonly to: string }): void {
    const staged = join(this.#staging, "copy");
    rmSync(staged, { force: true });
    const copied = copyFile(from, staged, this.#of.beat);
    // Another process has copied it meanwhile.
    if (!publish(staged, to)) return this.#compare(from, { path, to });
    this.hashes.set(path, copied);
    if (copied.isChanged) this.#notes.add(`${path} was changed while it was copied`);
    else this.#noteLate(path, copied.modifiedMs);
  }

  /** The folder has a file of this name already. */
  #compare(from: string, { path, to }: { readonly path: string; readonly to: string }): void {
    const [one, other] = [hashFile(from, this.#of.beat), hashFile(to, this.#of.beat)];
    const { mtimeMs } = statSync(from);
    this.hashes.set(path, other);
    if (one.sha256 === other.sha256) this.#noteLate(path, mtimeMs);
    else if (mtimeMs <= this.#endedMs)
      this.#notes.add(`${path} was not copied: the artifacts have another file of this name`);
  }

  #noteLate(path: string, modifiedMs: number): void {
    if (modifiedMs > this.#endedMs)
      this.#notes.add(`${path} was written after the job had ended: the copy may be of another job`);
  }
}

/** Not every file system has links. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

/** Puts a copy in its place without ever replacing a file there, which a rename alone would; false where there is one. */
function publish(staged: string, to: string): boolean {
  try {
    linkSync(staged, to);
  } catch (error) {
    const errno = errnoOf(error) ?? "";
    if (errno === "EEXIST") return false;
    if (!NO_LINKS.includes(errno)) throw error;
    renameSync(staged, to);
  }
  return true;
}
