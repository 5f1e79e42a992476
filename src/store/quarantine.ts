import { linkSync, lstatSync, mkdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errnoOf, unlessRefused } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";
import { problemFromErrno } from "./fs-errors.ts";
import type { RecordFault } from "./record.ts";

/** A file that was quarantined or left as it is, and why: for the audit log, `doctor` and the supervisor's own log. */
export interface QuarantineEntry {
  readonly path: string;
  readonly what: string;
}

/** The quarantine of a folder. */
export const ASIDE = ".corrupt";

/** Moves a file that is no valid record into the quarantine of its folder, or of that of `beside`; nothing is deleted. */
export function quarantine(path: string, reason: string, beside = path): QuarantineEntry {
  const target = placeAside(path, beside);
  renameSync(path, target);
  failpoint("quarantine:moved");
  return { path: target, what: `put aside: ${reason}` };
}

/**
 * The same for a record that is about to be replaced: a file keeps its name until then, as a record whose name is gone counts as removed by
 * hand. Anything else, and a file where the system makes no second name, is moved.
 */
export function quarantineReplaced(path: string, reason: string): QuarantineEntry {
  const target = placeAside(path, path);
  const link = (): boolean => {
    linkSync(path, target);
    return true;
  };
  if (!lstatSync(path).isFile() || !unlessRefused(link, false)) renameSync(path, target);
  failpoint("quarantine:moved");
  return { path: target, what: `put aside: ${reason}` };
}

/** A free path in the quarantine of a folder, which is made. */
function placeAside(path: string, beside: string): string {
  const aside = join(dirname(beside), ASIDE);
  // A file with the name of the quarantine is foreign, and is kept under another name.
  if (lstatSync(aside, { throwIfNoEntry: false })?.isDirectory() === false)
    renameSync(aside, `${aside}.${uuid()}`);
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  failpoint("quarantine:prepared");
  const wanted = join(aside, basename(path));
  return isThere(wanted) ? `${wanted}.${uuid()}` : wanted;
}

/** Renames a record; a folder that someone made in its place goes to the quarantine: it would keep the whole home from going on. */
export function renameOver(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errnoOf(error) !== "EISDIR") throw error;
    quarantine(to, "it is a folder in the place of a record");
    renameSync(from, to);
  }
}

/** True where the name exists, also as a dangling link. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Handles a record that cannot be used: only one that is certainly corrupt is quarantined. */
export function faultFinding(path: string, fault: RecordFault): QuarantineEntry {
  switch (fault.type) {
    case "corrupt":
      return quarantine(path, fault.reason);
    case "newer":
      return leftAlone(path, `written by a newer stint (format ${fault.formatVersion})`);
    case "unreadable":
      return leftAlone(path, unreadable(path, fault.errno));
    case "missing":
      return leftAlone(path, "it is gone");
  }
}

/** The problem of a record that the system refused to read, in a sentence. */
export function unreadable(path: string, errno: string): string {
  return problemFromErrno(errno, "read the record of a task", `${errno}, ${path}`).message;
}

/** The entry for a file that stays as it is. */
export function leftAlone(path: string, why: string): QuarantineEntry {
  return { path, what: `left alone: ${why}` };
}
