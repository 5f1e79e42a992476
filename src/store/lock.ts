import * as fs from "node:fs";
import { linkSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import lockfile from "proper-lockfile";
import type { Clock } from "../lib/clock.ts";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { isStopped } from "../lib/host.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Owner, Role } from "../model/owner.ts";
import { createFile } from "./durable.ts";
import { tryFs } from "./fs-errors.ts";
import { type LockPlace, lockFolder, ownerFile, RENEW_MS, readOwner } from "./lock-owner.ts";
import { livenessOf, type Offer, thisProcess } from "./owner.ts";

/*
 * proper-lockfile does two things: it takes and lets go of the lock through the file calls that it is given, and until then it sets the
 * time of the lock folder every few seconds, by which readers see that its owner goes on. It judges nothing: no lock is ever stale to it,
 * and what it says of a lock that was touched is passed over.
 *
 * The protocol is ours. The lock is a folder that comes to its place by one rename with the record of its owner in it, so that no lock is
 * without an owner; a rename onto a folder that holds a file fails, so that one of many gets it. It is taken from a dead owner alone,
 * known by pid, start time and boot; the right to remove it is a file named after the dead, made by link(2). The lock leaves by one
 * rename too. A crash between any two steps leaves the lock with its dead owner, or no lock and a file in tmp/ or locks/ that the next
 * owner removes.
 */

/** Rounds of finding a dead owner whose lock somebody else is just taking away. */
const MAX_ROUNDS = 50;
const ROUND_MS = 20;

/** The home's lock in our hands: as long as it is, nobody else changes a record. */
export interface HeldLock extends AsyncDisposable {
  readonly owner: Owner;
  /** The dead owner that it was taken from, if any. */
  readonly takenFrom: Owner | null;
  /** False once somebody removed the lock by hand: stop writing. */
  isHeld(): boolean;
}

/** As whom the lock is taken. */
export interface LockOptions {
  readonly role: Role;
  readonly clock: Clock;
  /** What the holder has to give to jobs, for those who ask why one waits; null where it starts none. */
  readonly offered: Offer | null;
}

/** Takes the lock, from a dead owner too; HOME_LOCKED where its owner lives or may live. */
export async function takeLock(layout: LockPlace, options: LockOptions): Promise<Result<HeldLock, Problem>> {
  const self = thisProcess(options.role, {
    nowMs: options.clock.now(),
    offered: options.offered,
  });
  let takenFrom: Owner | null = null;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const release = await tryLock(layout, self);
    if (release !== null) {
      // Of removers that were killed after their work. A right to remove the dead says nothing any more: the lock is ours.
      dropClaims(layout, "removing.");
      return ok(heldLock(layout, { self, takenFrom, release }));
    }
    const found = readOwner(ownerFile(layout));
    if (found === "missing") continue;
    if (found === "unreadable") return err(unreadableLock(layout));
    if (livenessOf(found) !== "dead") return err(lockedBy(layout, found));
    if (removeDead(layout, { dead: found, self })) takenFrom = found;
    else await Bun.sleep(ROUND_MS);
  }
  return err(
    lockFault(layout) ??
      problem(
        "HOME_LOCKED",
        `Cannot take the lock of "${layout.home}": others keep taking it`,
        `try again; if you are sure that no stint works on this home, remove what is in ${layout.locks}`,
      ),
  );
}

/** What is wrong with a lock that is there and whose owner cannot be read; null where nothing is. */
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
  // Asked at every turn: a file that is the same as when it was ours is not read again.
  const isHeld = (): boolean => {
    const seen = fileStamp(path);
    if (seen !== null && seen === ours) return true;
    const found = readOwner(path);
    const isOurs = typeof found !== "string" && found.token === held.self.token;
    ours = isOurs ? seen : null;
    // Unreadable for now, as on a failing disk, it is nobody else's: nobody takes such a lock.
    return isOurs || found === "unreadable";
  };
  return {
    owner: held.self,
    takenFrom: held.takenFrom,
    isHeld,
    [Symbol.asyncDispose]: async () => {
      if (!isHeld()) return;
      // Rejects after somebody touched the lock's time; then the folder is still ours to remove.
      // Where the disk refuses even that, the next holder takes the lock of a dead owner.
      await held.release().catch(() => tryFs("release the lock", () => takeAway(layout, held.self)));
    },
  };
}

/** Tells a file from any other that may come to its path, and from itself with another content; null where it cannot be looked at. */
function fileStamp(path: string): string | null {
  try {
    const { dev, ino, mtimeMs, ctimeMs, size } = lstatSync(path);
    return `${dev} ${ino} ${mtimeMs} ${ctimeMs} ${size}`;
  } catch {
    return null;
  }
}

/** Null where somebody has it. The owner's record comes into being with the lock, in one rename. */
async function tryLock(layout: LockPlace, self: Owner): Promise<(() => Promise<void>) | null> {
  try {
    return await lockfile.lock(join(layout.locks, "supervisor"), {
      realpath: false,
      lockfilePath: lockFolder(layout),
      stale: Number.POSITIVE_INFINITY,
      update: RENEW_MS,
      retries: 0,
      // Its own answer is to throw. A changed time proves nothing; `isHeld` looks at the owner instead.
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
    // ENOTDIR: what stands there is no folder; who looks at it next finds no owner that can be read.
    const isHeld = ["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(errnoOf(error) ?? "");
    throw isHeld ? Object.assign(new Error("held"), { code: "EEXIST" }) : error;
  }
}

/** Removes the lock of an owner in one step, so that nobody ever sees half of it; another's lock is left alone. */
function takeAway(layout: LockPlace, of: Owner): void {
  const found = readOwner(ownerFile(layout));
  if (typeof found === "string" || found.token !== of.token) return;
  const gone = join(layout.tmp, `unlock.${of.token}`);
  try {
    renameSync(lockFolder(layout), gone);
    failpoint("lock:taken-away");
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
  rmSync(gone, { recursive: true, force: true });
}

/**
 * Removes the lock of a dead owner; false where another process does so or did. The right to do it is a file named
 * after the dead, made by link(2), which never overwrites; where its maker died too, the right passes on by one more name.
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
    linkSync(staged, join(layout.locks, name));
    return true;
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(staged, { force: true });
  }
}

/** The random end of a token: names of several of them stay within a file name's length. */
function shortToken(of: Owner): string {
  return of.token.slice(-12);
}

function lockedBy(layout: LockPlace, by: Owner): Problem {
  const who = `stint ${by.role} with pid ${by.pid} on ${by.host}, since ${by.since}`;
  if (livenessOf(by) === "alive") {
    const end = by.role === "up" ? "stop it with `stint down`" : "wait for it to end";
    const hint = isStopped(by.pid) ? `it is stopped; to let it go on: kill -CONT ${by.pid}` : end;
    return problem("HOME_LOCKED", `Cannot take the lock of "${layout.home}": ${who} holds it`, hint);
  }
  return problem(
    "HOME_LOCKED",
    `Cannot take the lock of "${layout.home}": ${who} holds it, and whether it lives cannot be seen from here (another machine or container)`,
    `if you are sure that it is gone, remove the folder ${lockFolder(layout)}`,
  );
}

function unreadableLock(layout: LockPlace): Problem {
  return problem(
    "HOME_LOCKED",
    `Cannot take the lock of "${layout.home}": it is held, and its owner record cannot be read`,
    `if you are sure that no stint works on this home, remove ${lockFolder(layout)}`,
  );
}
