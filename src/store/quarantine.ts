import { lstatSync, mkdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";

/** Something in the home that needed a hand: for the audit log, `doctor` and the supervisor's own log. */
export interface QuarantineEntry {
  readonly path: string;
  readonly what: string;
}

/** The folder beside a file that what is put aside goes to. */
export const ASIDE = ".corrupt";

/** Puts a file that is no record aside, beside its place or where that is said: it is kept, and no longer in anyone's way. */
export function quarantine(path: string, reason: string, beside = path): QuarantineEntry {
  const aside = join(dirname(beside), ASIDE);
  // Something else may stand in its place; that is no record either, and is kept beside it.
  if (lstatSync(aside, { throwIfNoEntry: false })?.isDirectory() === false)
    renameSync(aside, `${aside}.${uuid()}`);
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  failpoint("quarantine:prepared");
  const wanted = join(aside, basename(path));
  const target = isThere(wanted) ? `${wanted}.${uuid()}` : wanted;
  renameSync(path, target);
  failpoint("quarantine:moved");
  return { path: target, what: `put aside: ${reason}` };
}

/** True where a name is taken, also by a link that leads nowhere. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
