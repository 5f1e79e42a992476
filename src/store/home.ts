import { accessSync, constants, existsSync, linkSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { unlessRefused } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { distrust } from "../lib/trusted-folder.ts";
import { isObject, jsonIn } from "../model/check.ts";
import { type Problem, problem, rejected } from "../model/errors.ts";
import { createFile } from "./durable.ts";
import { tryFs } from "./fs-errors.ts";
import { Layout } from "./layout.ts";
import { createNumbers } from "./numbers.ts";
import { isThere } from "./quarantine.ts";

const HOME_VERSION = 1;
const PRIVATE_DIRECTORY = 0o700;

/** File systems that several machines write (magic numbers of statfs(2)): a rename is no safe claim there. */
const NETWORK_FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0x517b: "SMB",
  0xff534d42: "CIFS",
  0xfe534d42: "SMB2",
  0x01021997: "9P",
  0x0bd00bd0: "Lustre",
  0x00c36400: "Ceph",
  0x5346414f: "AFS",
};

/** Opens a home for reading; it must exist. */
export function openHome(path: string): Result<Layout, Problem> {
  const layout = new Layout(path);
  const unsafe = othersIn(layout, [path]);
  if (unsafe !== null) return err(unsafe);
  const found = tryFs(`open the home "${path}"`, () => isThere(layout.version));
  if (!found.ok) return found;
  if (!found.value) {
    const hint = "`stint submit` or `stint up` creates it; name another with --home or STINT_HOME";
    return rejected("HOME_MISSING", `Cannot open the home "${path}": it does not exist`, hint);
  }
  return checkVersion(layout);
}

/** A home as `ensureHome` would find it. */
export interface FoundHome {
  readonly layout: Layout;
  /** False where its folders do not exist yet. */
  readonly isMade: boolean;
}

/** Refuses a home that `ensureHome` would refuse, and makes nothing. */
export function lookAtHome(path: string): Result<FoundHome, Problem> {
  const layout = new Layout(path);
  const unsafe = othersIn(layout, [path]);
  if (unsafe !== null) return err(unsafe);
  if (!existsSync(path)) return ok({ layout, isMade: false });
  const usable = checkUsable(layout);
  if (!usable.ok) return usable;
  const known = isThere(layout.version) ? checkVersion(layout) : usable;
  return known.ok ? ok({ layout, isMade: layout.directories().every((one) => existsSync(one)) }) : known;
}

/** Opens a home for work and makes what is missing; several processes may do so at once. */
export function ensureHome(path: string): Result<Layout, Problem> {
  const layout = new Layout(path);
  const action = `make the home "${path}"`;
  // Before anything is made, and again with what was made.
  const unsafe = othersIn(layout, [path]);
  if (unsafe !== null) return err(unsafe);
  const made = tryFs(action, () => mkdirSync(path, { recursive: true, mode: PRIVATE_DIRECTORY }));
  if (!made.ok) return made;
  const usable = checkUsable(layout);
  if (!usable.ok) return usable;
  const isNew = !isThere(layout.version);
  const known = isNew ? usable : checkVersion(layout);
  // Only now: a newer version may have another layout.
  if (!known.ok) return known;
  const done = tryFs(action, () => {
    makeDirectories(layout);
    failpoint("home:furnished");
    if (isNew) makeVersion(layout);
    return layout;
  });
  // Again where it is new: another process may have made it, or home.json may be a dangling link.
  return done.ok && isNew ? checkVersion(layout) : done;
}

function makeDirectories(layout: Layout): void {
  for (const directory of layout.directories()) {
    if (!existsSync(directory)) mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
  }
}

/** Last of all: a home without a version is not finished yet. */
function makeVersion(layout: Layout): void {
  createNumbers(layout);
  failpoint("home:numbered");
  const staged = join(layout.tmp, `home.${uuid()}.tmp`);
  createFile(staged, `${JSON.stringify({ version: HOME_VERSION })}\n`);
  unlessRefused(() => linkSync(staged, layout.version), undefined, ["EEXIST"]);
  failpoint("home:versioned");
  rmSync(staged);
  syncDirectory(layout.home);
}

function checkUsable(layout: Layout): Result<Layout, Problem> {
  const { home } = layout;
  const cannot = (what: string, hint: string): Result<never, Problem> =>
    rejected("HOME_UNUSABLE", `Cannot use the home "${home}": ${what}`, hint);
  const unsafe = othersInHome(layout);
  if (unsafe !== null) return err(unsafe);
  const network = NETWORK_FILE_SYSTEMS[statfsSync(home).type];
  if (network !== undefined) {
    const hint =
      "choose a folder of your own on a local disk, with --home DIR or STINT_HOME; only runs/ may be a link elsewhere";
    return cannot(`it is on a network file system (${network}), wanted a local one`, hint);
  }
  return tryFs(`write to the home "${home}"`, () => {
    accessSync(home, constants.W_OK | constants.X_OK);
    return layout;
  });
}

/**
 * HOME_UNUSABLE where other users may write in a folder of the home or replace one, and so change what this user's jobs do; null where
 * only the user and root may. It costs a few stat(2) calls, so it can be repeated often.
 */
export function othersInHome(layout: Layout): Problem | null {
  return othersIn(layout, [layout.home, ...layout.directories(), ...layout.laterDirectories()]);
}

function othersIn({ home }: Layout, folders: readonly string[]): Problem | null {
  for (const folder of folders) {
    const looked = tryFs(`use the home "${home}"`, () => distrust(folder, folder === home ? "/" : home));
    if (!looked.ok) return looked.error;
    if (looked.value === null) continue;
    const { what, fix } = looked.value;
    const which = folder === home ? `the home "${home}"` : `"${folder}" of the home`;
    return problem("HOME_UNUSABLE", `Cannot use ${which}: ${what}`, fix);
  }
  return null;
}

function checkVersion(layout: Layout): Result<Layout, Problem> {
  const read = tryFs(`read "${layout.version}"`, () => readRegularFile(layout.version));
  if (!read.ok) return read;
  const found = versionIn(read.value);
  if (found === HOME_VERSION) return ok(layout);
  if (found !== null && found > HOME_VERSION) {
    const message = `Cannot open the home "${layout.home}": it has version ${found}, this stint knows ${HOME_VERSION} and older`;
    return rejected("HOME_NEWER", message, "use the newer stint that wrote it; nothing was changed");
  }
  const message = `Cannot open the home "${layout.home}": home.json says no version, wanted {"version": ${HOME_VERSION}}`;
  return rejected(
    "HOME_UNUSABLE",
    message,
    `if the rest is in order, write {"version": ${HOME_VERSION}} into home.json`,
  );
}

function versionIn(text: string): number | null {
  const data = jsonIn(text);
  const version = isObject(data) ? data["version"] : null;
  return typeof version === "number" ? version : null;
}
