import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import { createFile, syncDirectory } from "./durable.ts";
import { Layout } from "./layout.ts";
import { createNumbers } from "./numbers.ts";
import { isThere } from "./quarantine.ts";
import { onDisk } from "./trouble.ts";

/** The version of the home's layout. */
const HOME_VERSION = 1;
const PRIVATE_DIRECTORY = 0o700;

/** File systems whose renames or locks cross machines (magic numbers of statfs(2)): claims would not be safe there. */
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
  if (!isThere(layout.version)) {
    const hint = "the first `stint submit` or `stint up` makes it; or name another with --home or STINT_HOME";
    return err(problem("HOME_MISSING", `Cannot open the home "${path}": there is none`, hint));
  }
  return checkVersion(layout);
}

/** Opens a home for work, making what is not there yet; safe to race with others doing the same. */
export function ensureHome(path: string): Result<Layout, Problem> {
  const layout = new Layout(path);
  const action = `make the home "${path}"`;
  const made = onDisk(action, () => mkdirSync(path, { recursive: true, mode: PRIVATE_DIRECTORY }));
  if (!made.ok) return made;
  const usable = checkUsable(layout);
  if (!usable.ok) return usable;
  const isNew = !isThere(layout.version);
  const known = isNew ? usable : checkVersion(layout);
  // Only now: what a newer stint made may look otherwise.
  if (!known.ok) return known;
  const done = onDisk(action, () => {
    makeDirectories(layout);
    failpoint("home:furnished");
    if (isNew) makeVersion(layout);
    return layout;
  });
  // Once more where it is new: somebody else may have made it, or a link that leads nowhere may stand in its place.
  return done.ok && isNew ? checkVersion(layout) : done;
}

function makeDirectories(layout: Layout): void {
  for (const directory of layout.directories()) {
    if (!existsSync(directory)) mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
  }
}

/** Comes last: a home without a version is not finished yet. */
function makeVersion(layout: Layout): void {
  createNumbers(layout);
  failpoint("home:numbered");
  const staged = join(layout.tmp, `home.${uuid()}.tmp`);
  createFile(staged, `${JSON.stringify({ version: HOME_VERSION })}\n`);
  linkUnlessThere(staged, layout.version);
  failpoint("home:versioned");
  rmSync(staged);
  syncDirectory(layout.home);
}

function checkUsable(layout: Layout): Result<Layout, Problem> {
  const { home } = layout;
  const cannot = (what: string, hint: string): Result<never, Problem> =>
    err(problem("HOME_UNUSABLE", `Cannot use the home "${home}": ${what}`, hint));
  const stat = lstatSync(home);
  const { uid } = userInfo();
  if (stat.uid !== uid && !stat.isSymbolicLink()) {
    return cannot(
      `it belongs to user ${stat.uid}, wanted user ${uid}`,
      "use your own: --home DIR or STINT_HOME",
    );
  }
  const network = NETWORK_FILE_SYSTEMS[statfsSync(home).type];
  if (network !== undefined) {
    const hint =
      "choose a folder on a local disk, for instance with --home /var/tmp/stint; only runs/ may be a link elsewhere";
    return cannot(`it is on a network file system (${network}), wanted a local one`, hint);
  }
  return onDisk(`write to the home "${home}"`, () => {
    accessSync(home, constants.W_OK | constants.X_OK);
    return layout;
  });
}

function checkVersion(layout: Layout): Result<Layout, Problem> {
  const read = onDisk(`read "${layout.version}"`, () => readRegularFile(layout.version));
  if (!read.ok) return read;
  const found = versionIn(read.value);
  if (found === HOME_VERSION) return ok(layout);
  if (found !== null && found > HOME_VERSION) {
    const message = `Cannot open the home "${layout.home}": it has version ${found}, this stint knows ${HOME_VERSION} and older`;
    return err(problem("HOME_NEWER", message, "use the newer stint that wrote it; nothing was changed"));
  }
  const message = `Cannot open the home "${layout.home}": home.json says no version, wanted {"version": ${HOME_VERSION}}`;
  return err(
    problem(
      "HOME_UNUSABLE",
      message,
      `if the rest is in order, write {"version": ${HOME_VERSION}} into home.json`,
    ),
  );
}

function versionIn(text: string): number | null {
  try {
    const data: unknown = JSON.parse(text);
    const version = typeof data === "object" && data !== null && "version" in data ? data.version : null;
    return typeof version === "number" ? version : null;
  } catch {
    return null;
  }
}

function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}
