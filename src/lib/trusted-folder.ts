import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { dirname, join, relative } from "node:path";
import { textOf } from "./file-text.ts";
import { ownUserId } from "./host.ts";

/** Why another user could write into a folder or replace it, and how to fix that. */
export interface Distrust {
  /** A clause such as `it belongs to user 1001, wanted user 1000`. */
  readonly what: string;
  readonly fix: string;
}

/** As many symbolic links as the kernel follows (path_resolution(7)); it reports more itself (ELOOP). */
const MAX_LINKS = 40;
const ROOT = 0;
const STICKY = 0o1000;
const OTHERS_WRITE = 0o002;
const GROUP_WRITES = 0o020;

/**
 * Checks the owner and mode of a folder and of every folder and symbolic link on its path, as sshd does (StrictModes): the folder must
 * belong to this user, the folders above to this user or root, and no other user may write to them; above, the sticky bit is enough.
 * Null where all is well or the folder does not exist yet. `from` is a folder on the path that was checked before.
 */
export function distrust(path: string, from = "/"): Distrust | null {
  const names = relative(from, path).split("/").toReversed();
  const shown = (at: string): string => (at === path ? "it" : `"${at}"`);
  let links = 0;
  let at = from;
  let isJudged = false;
  if (from === "/") {
    const fault = distrustAbove(at, lstatSync(at));
    if (fault !== null) return fault;
  }
  for (;;) {
    const name = names.pop();
    // A link that ends in `..` leads to a folder that was not checked as the last one.
    if (name === undefined) return isJudged ? null : distrustIn(shown(at), at, lstatSync(at));
    if (name === "" || name === ".") continue;
    isJudged = false;
    if (name === "..") {
      at = dirname(at);
      continue;
    }
    at = join(at, name);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat === undefined) return null;
    if (stat.isSymbolicLink()) {
      if (!isOwnOrRoots(stat)) return foreignLink(shown(at), at, stat);
      links += 1;
      if (links > MAX_LINKS) return null;
      const target = readlinkSync(at);
      names.push(...target.split("/").toReversed());
      at = target.startsWith("/") ? "/" : dirname(at);
      continue;
    }
    isJudged = names.every((left) => left === "" || left === ".");
    // The system itself reports a file in place of a folder (ENOTDIR).
    if (!isJudged && !stat.isDirectory()) return null;
    const fault = isJudged ? distrustIn(shown(at), at, stat) : distrustAbove(at, stat);
    if (fault !== null) return fault;
  }
}

/** True for a file of this user or of root: no other user can request something in their name. */
export function isOwnOrRoots({ uid }: Pick<Stats, "uid">): boolean {
  return uid === ROOT || uid === ownUserId();
}

function distrustIn(shown: string, at: string, stat: Stats): Distrust | null {
  const own = ownUserId();
  if (stat.uid !== own) {
    const fix =
      own === ROOT
        ? asItsUser(stat)
        : `use your own: --home DIR or STINT_HOME; if it is to be yours: sudo chown -R ${own} ${at}`;
    return { what: `${shown} belongs to user ${stat.uid}, wanted user ${own}`, fix };
  }
  if (!stat.isDirectory() || !isOpen(stat)) return null;
  return {
    what: `others may write in ${shown} (${modeOf(stat)}), wanted you alone`,
    fix: `chmod go-w ${at}`,
  };
}

function asItsUser({ uid }: Stats): string {
  return `as its user: sudo -u '#${uid}' stint …; or use your own: --home DIR or STINT_HOME`;
}

function distrustAbove(at: string, stat: Stats): Distrust | null {
  if (!isOwnOrRoots(stat) && isMapped(stat.uid)) {
    const what = `"${at}" on the path to it belongs to user ${stat.uid}, who could replace it; wanted root or user ${ownUserId()}`;
    // `sudo stint` in the folder of a user: to change its owner would not help them.
    const isRoot = ownUserId() === ROOT;
    return {
      what,
      fix: isRoot
        ? asItsUser(stat)
        : `choose a folder elsewhere, such as one below your home directory; if "${at}" is to be yours: sudo chown ${ownUserId()} ${at}`,
    };
  }
  if (!isOpen(stat) || (stat.mode & STICKY) !== 0) return null;
  const sudo = stat.uid === ownUserId() ? "" : "sudo ";
  return {
    what: `others may write in "${at}" on the path to it (${modeOf(stat)}) and replace it`,
    fix: `${sudo}chmod go-w ${at} (or +t, where others have to write there), or choose another folder`,
  };
}

function foreignLink(shown: string, at: string, { uid }: Stats): Distrust {
  const what = `${shown} is a link of user ${uid}, who could point it elsewhere; wanted a link of your own`;
  return { what, fix: `name the folder itself: ${readlinkSync(at)}` };
}

function isOpen(stat: Stats): boolean {
  if ((stat.mode & OTHERS_WRITE) !== 0) return true;
  return (stat.mode & GROUP_WRITES) !== 0 && !isGroupOfOne(stat);
}

function modeOf({ mode }: Stats): string {
  return `mode ${(mode & 0o7777).toString(8)}`;
}

/** With a private group for each user, a umask of 002 is usual (usergroups of pam_umask(8)), so group write is safe. */
function isGroupOfOne({ uid, gid }: Stats): boolean {
  const user = linesOf("/etc/passwd").find((fields) => fields[2] === String(uid))?.[0];
  const group = linesOf("/etc/group").find((fields) => fields[2] === String(gid));
  if (user === undefined || group?.[0] !== user) return false;
  const members = (group[3] ?? "").split(",").filter((name) => name !== "" && name !== user);
  const others = linesOf("/etc/passwd").filter((fields) => fields[3] === String(gid) && fields[0] !== user);
  return members.length === 0 && others.length === 0;
}

/** False for uids that the user namespace does not map: the host's root appears as `nobody` in it (user_namespaces(7)). */
function isMapped(uid: number): boolean {
  const ranges = (textOf("/proc/self/uid_map") ?? "").trim().split("\n");
  return ranges.some((line) => {
    const [first = 0, , count = Number.POSITIVE_INFINITY] = line.trim().split(/\s+/).map(Number);
    return uid >= first && uid < first + count;
  });
}

function linesOf(path: string): string[][] {
  return (textOf(path) ?? "").split("\n").map((line) => line.split(":"));
}
