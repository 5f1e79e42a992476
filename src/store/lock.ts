import * as fs from "node:fs";
import { linkSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import lockfile from "proper-lockfile";
import type { Clock } from "../lib/clock.ts";
import { errnoOf, unlessRefused } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { isStopped } from "../lib/host.ts";
import { localTime } from "../lib/local-time.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Owner, Role } from "../model/owner.ts";
import { createFile } from "./durable.ts";
import { isMissing, tryFs } from "./fs-errors.ts";
import { type LockPlace, lockFolder, ownerFile, RENEW_MS, readOwner } from "./lock-owner.ts";
import { livenessOf, type Offer, thisProcess } from "./owner.ts";

/*
 * The lock of a home: at most one process at a time changes records. The lock is the folder locks/supervisor.lock with its owner's record,
 * owner.json, in it.
 *
 * Order of effects:
 * 1. Acquire: the folder is staged in tmp/ with owner.json in it, and renamed into place. rename(2) fails onto a folder that is not
 *    empty, so one of many processes gets it.
 * 2. Where that fails, the owner is examined. Only a dead one loses the lock: another boot of this machine, or no process with its pid and
 *    start time in this pid namespace. Otherwise HOME_LOCKED; an owner on another machine or in another namespace may be alive.
 * 3. To remove the lock of a dead owner, a process first claims the right to do so: link(2) makes locks/removing.TOKEN, which fails
 *    where it exists. A claim of a process that has died too is passed on under a longer name. Then the lock is renamed to tmp/ and
 *    deleted, the claims go, and step 1 is repeated.
 * 4. Release: one rename to tmp/, then the folder is deleted.
 *
 * Invariants: a lock is never without its owner's record; it disappears in one rename, and only from its owner or a dead one; a process
 * whose lock was removed by hand finds out (`isHeld`) and stops writing.
 *
 * A crash between two steps leaves the lock with a dead owner, or no lock and a file in tmp/ or locks/ that the next owner removes.
 *
 * proper-lockfile makes the calls of steps 1 and 4 through the functions that it is given, and renews the time of the folder, by which
 * readers see that its owner is at work. It decides nothing: no lock is ever stale to it, and its complaint about a changed time is
 * ignored.
 */

/** Rounds in which the owner was dead, and another process was just removing its lock. */
const MAX_ROUNDS = 50;
const ROUND_MS = 20;

/** The home's lock, owned by this process: while it is, no other process changes a record. */
export interface HeldLock extends AsyncDisposable {
  readonly owner: Owner;
  /** The dead owner that lost it to this process, if any. */
  readonly takenFrom: Owner | null;
  /** False once the lock was removed by hand: stop writing. */
  isHeld(): boolean;
}

/** How the owner describes itself. */
export interface LockOptions {
  readonly role: Role;
  readonly clock: Clock;
  /** What the owner offers to jobs, so that readers can tell why one waits; null where it starts none. */
  readonly offered: Offer | null;
}

/** Acquires the lock, also from a dead owner; HOME_LOCKED where its owner is or may be alive. */
export async function takeLock(layout: LockPlace, options: LockOptions): Promise<Result<HeldLock, Problem>> {
  const self = thisProcess(options.role, { nowMs: options.clock.now(), offered: options.offered });
  let takenFrom: Owner | null = null;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const release = await tryLock(layout, self);
    if (release !== null) {
      // Claims of removers that were killed after their work mean nothing any more: the lock is ours.
      dropClaims(layout, "removing.");
      return ok(heldLock(layout, { self, takenFrom, release }));
    }
    const found = readOwner(ownerFile(layout));
    if (found === "missing") continue;
    if (found === "unreadable") return err(unreadableLock(layout));
    if (livenessOf(found) !== "dead") return err(lockedBy(layout, { by: found, nowMs: options.clock.now() }));
    if (removeDead(layout, { dead: found, self })) takenFrom = found;
    else await Bun.sleep(ROUND_MS);
  }
  return err(
    lockFault(layout) ??
      problem(
        "HOME_LOCKED",
        `Cannot lock "${layout.home}": other processes keep locking it`,
        `try again; if you are sure that no stint works on this home, remove what is in ${layout.locks}`,
      ),
  );
}

/** HOME_LOCKED for a lock whose owner cannot be read; null where there is no lock, or its owner can be read. */
export function lockFault(layout: LockPlace): Problem | null {
  const found = readOwner(ownerFile(layout));
  const isOwnerless =
    found === "missing" && lstatSync(lockFolder(layout), { throwIfNoEntry: false }) !== undefined;
  return found === "unreadable" || isOwnerless ? unreadableLock(layout) : null;
}

function heldLock(
  layout: LockPlace,
  held: { self: Owner; takenFrom: Owner | null; release: () => Promise<void> },
): HeldLock {
  const path = ownerFile(layout);
  let ours: string | null = null;
  // Called at every turn of the loop: an unchanged file is not read again.
  const isHeld = (): boolean => {
    const seen = fileStamp(path);
    if (seen !== null && seen === ours) return true;
    const found = readOwner(path);
    const isOurs = typeof found !== "string" && found.token === held.self.token;
    ours = isOurs ? seen : null;
    // On a failing disk it may be unreadable for now. No process acquires such a lock, so it is still ours.
    return isOurs || found === "unreadable";
  };
  return {
    owner: held.self,
    takenFrom: held.takenFrom,
    isHeld,
    [Symbol.asyncDispose]: async () => {
      if (!isHeld()) return;
      // Rejects where the lock's time was changed by hand; the folder is still ours to remove. Where the disk refuses even that, the
      // next process acquires it from a dead owner.
      await held.release().catch(() => tryFs("release the lock", () => takeAway(layout, held.self)));
    },
  };
}

/** Identifies a file and its version by stat(2); null where that fails. */
function fileStamp(path: string): string | null {
  return unlessRefused(() => {
    const { dev, ino, mtimeMs, ctimeMs, size } = lstatSync(path);
    return `${dev} ${ino} ${mtimeMs} ${ctimeMs} ${size}`;
  }, null);
}

/** Tries to acquire the lock; null where it is owned. Returns what releases it. */
async function tryLock(layout: LockPlace, self: Owner): Promise<(() => Promise<void>) | null> {
  try {
    return await lockfile.lock(join(layout.locks, "supervisor"), {
      realpath: false,
      lockfilePath: lockFolder(layout),
      stale: Number.POSITIVE_INFINITY,
      update: RENEW_MS,
      retries: 0,
      // The library's default is to throw. A changed time proves nothing; `isHeld` reads the owner instead.
      onCompromised: () => {},
      fs: {
        ...fs,
        mkdir: callback(() => placeLock(layout, self)),
        rmdir: callback(() => takeAway(layout, self)),
        rmdirSync: () => takeAway(layout, self),
      },
    });
  } catch (error) {
    if (errnoOf(error) === "ELOCKED") return null;
    throw error;
  }
}

/** A file system call in the form that the lock library expects of node:fs. */
function callback(work: () => void): (path: string, done: (error: unknown) => void) => void {
  return (_path, done) => {
    try {
      work();
    } catch (error) {
      done(error);
      return;
    }
    done(null);
  };
}

/** A folder cannot be renamed onto one that is not empty (rename(2)): a held lock never is. */
function placeLock(layout: LockPlace, self: Owner): void {
  const staged = join(layout.tmp, `lock.${self.token}`);
  mkdirSync(staged, { recursive: true, mode: 0o700 });
  rmSync(join(staged, "owner.json"), { force: true });
  createFile(join(staged, "owner.json"), `${JSON.stringify(self)}\n`);
  failpoint("lock:staged");
  try {
    renameSync(staged, lockFolder(layout));
    failpoint("lock:placed");
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    // ENOTDIR: a file is in its place; the next step finds that it has no owner, and reports it.
    const isHeld = ["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(errnoOf(error) ?? "");
    throw isHeld ? Object.assign(new Error("held"), { code: "EEXIST" }) : error;
  }
}

/** Removes the lock of an owner by one rename, so that no process sees a part of it; another owner's lock is left alone. */
function takeAway(layout: LockPlace, of: Owner): void {
  const found = readOwner(ownerFile(layout));
  if (typeof found === "string" || found.token !== of.token) return;
  const gone = join(layout.tmp, `unlock.${of.token}`);
  if (!isMissing(() => renameSync(lockFolder(layout), gone))) failpoint("lock:taken-away");
  rmSync(gone, { recursive: true, force: true });
}

/**
 * Removes the lock of a dead owner; false where another process does so or did. The claim is a file named after the dead owner; where its
 * maker died too, the next claim has both names.
 */
function removeDead(layout: LockPlace, { dead, self }: { dead: Owner; self: Owner }): boolean {
  let name = `removing.${shortToken(dead)}`;
  while (!claim(layout, { name, self })) {
    const rival = readOwner(join(layout.locks, name));
    if (typeof rival === "string" || livenessOf(rival) !== "dead") return false;
    name += `.${shortToken(rival)}`;
  }
  failpoint("lock:claimed");
  const found = readOwner(ownerFile(layout));
  const isStillTheirs = typeof found !== "string" && found.token === dead.token;
  if (isStillTheirs) takeAway(layout, dead);
  dropClaims(layout, `removing.${shortToken(dead)}`);
  return isStillTheirs;
}

function dropClaims(layout: LockPlace, prefix: string): void {
  for (const file of readdirSync(layout.locks)) {
    if (!file.startsWith(prefix)) continue;
    rmSync(join(layout.locks, file), { force: true });
    failpoint("lock:claim-dropped");
  }
}

function claim(layout: LockPlace, { name, self }: { name: string; self: Owner }): boolean {
  const staged = join(layout.tmp, `${name}.${shortToken(self)}.tmp`);
  rmSync(staged, { force: true });
  createFile(staged, `${JSON.stringify(self)}\n`);
  failpoint("lock:claim-staged");
  try {
    const made = unlessRefused(() => [linkSync(staged, join(layout.locks, name))], null, ["EEXIST"]);
    return made !== null;
  } finally {
    rmSync(staged, { force: true });
  }
}

/** The random end of a token: names of several of them stay within a file name's length. */
function shortToken(of: Owner): string {
  return of.token.slice(-12);
}

function lockedBy(layout: LockPlace, { by, nowMs }: { readonly by: Owner; readonly nowMs: number }): Problem {
  const who = `stint ${by.role} (pid ${by.pid} on ${by.host}, since ${localTime(by.since, nowMs)})`;
  if (livenessOf(by) === "alive") {
    const end = by.role === "up" ? "stop it with `stint down`" : "wait for it to end";
    const hint = isStopped(by.pid) ? `it is suspended; resume it: kill -CONT ${by.pid}` : end;
    return problem("HOME_LOCKED", `Cannot lock "${layout.home}": ${who} holds the lock`, hint);
  }
  return problem(
    "HOME_LOCKED",
    `Cannot lock "${layout.home}": ${who} holds the lock; it is on another machine or in a container, and may be alive`,
    `if you are sure that it is gone, remove the folder ${lockFolder(layout)}`,
  );
}

function unreadableLock(layout: LockPlace): Problem {
  return problem(
    "HOME_LOCKED",
    `Cannot lock "${layout.home}": it is locked, and the record of the owner cannot be read`,
    `if you are sure that no stint works on this home, remove ${lockFolder(layout)}`,
  );
}
