import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import { errnoOf, unlessRefused } from "../lib/errno.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, rejected } from "../model/errors.ts";
import { problemFromErrno } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { takeLock } from "./lock.ts";
import type { LockPlace } from "./lock-owner.ts";

/**
 * A turn takes milliseconds. After this wait a submitter goes on without one: of two tasks with one key the plan drops the later, but its
 * number was already shown to a user.
 */
const MAX_WAIT_MS = 20_000;
const RETRY_MS = 10;

/**
 * Serializes submitters that check the queue before they add to it: of many that submit a task with one key at once, the first adds it
 * and the others find it. It is not the lock of the home. Where the turn `isNeeded`, as for a group, there is no going on without.
 */
export async function takeSubmitTurn(
  layout: Layout,
  clock: Clock,
  { isNeeded = false }: { readonly isNeeded?: boolean } = {},
): Promise<Result<AsyncDisposable, Problem>> {
  const untilMs = clock.awakeMs() + MAX_WAIT_MS;
  try {
    for (;;) {
      const turn = await tryTurn(layout, clock);
      if (turn !== null) return ok(turn);
      if (clock.awakeMs() >= untilMs && isNeeded) return refused();
      if (clock.awakeMs() >= untilMs) return ok({ [Symbol.asyncDispose]: () => Promise.resolve() });
      await Bun.sleep(RETRY_MS);
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return err(problemFromErrno(errno, "wait for others who queue tasks", error));
  }
}

function refused(): Result<never, Problem> {
  const message = "Cannot use the group now: another command has been queueing tasks for 20 s";
  return rejected("HOME_LOCKED", message, "repeat it once that one is done");
}

/** Removes what a submitter left that was killed in its turn; called when a supervisor starts. */
export async function dropDeadTurn(layout: Layout, clock: Clock): Promise<void> {
  if (!existsSync(placeOf(layout).locks)) return;
  try {
    await (await tryTurn(layout, clock))?.[Symbol.asyncDispose]();
  } catch (error) {
    if (errnoOf(error) === null) throw error;
  }
}

function placeOf({ home, tmp, locks }: Layout): LockPlace {
  return { home, tmp, locks: join(locks, "submit") };
}

/** Null where another process has the turn, or just removed the folder of its lock. */
async function tryTurn(layout: Layout, clock: Clock): Promise<AsyncDisposable | null> {
  const place = placeOf(layout);
  mkdirSync(place.locks, { recursive: true, mode: 0o700 });
  try {
    const taken = await takeLock(place, { role: "command", clock, offered: null });
    if (!taken.ok) return null;
    const lock = taken.value;
    return {
      [Symbol.asyncDispose]: async () => {
        await lock[Symbol.asyncDispose]();
        // Not where the next process already has its lock in there.
        unlessRefused(() => rmdirSync(place.locks), undefined);
      },
    };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}
