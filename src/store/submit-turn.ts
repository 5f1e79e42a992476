import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import { errnoOf } from "../lib/errno.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import { problemFromErrno } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { takeLock } from "./lock.ts";
import type { LockPlace } from "./lock-owner.ts";

/**
 * Each turn takes milliseconds. Who has waited for so long goes on without: of tasks that are there twice the plan drops one, only that
 * its number was told to somebody.
 */
const MAX_WAIT_MS = 20_000;
const LOOK_MS = 10;

/**
 * One after the other for those who look into the queue before they put something there: of many that queue a task with one key at
 * once, the first does, and the others find it. It has nothing to do with the lock of who supervises.
 */
export async function takeSubmitTurn(
  layout: Layout,
  clock: Clock,
): Promise<Result<AsyncDisposable, Problem>> {
  const untilMs = clock.awakeMs() + MAX_WAIT_MS;
  try {
    for (;;) {
      const turn = await tryTurn(layout, clock);
      if (turn !== null) return ok(turn);
      if (clock.awakeMs() >= untilMs) return ok({ [Symbol.asyncDispose]: () => Promise.resolve() });
      await Bun.sleep(LOOK_MS);
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return err(problemFromErrno(errno, "wait for others who queue tasks", error));
  }
}

/** Removes what one left who was killed in its turn; for whoever begins to supervise. */
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

/** Null where somebody else has it, or just removed the folder that it is taken in. */
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
        removeEmpty(place.locks);
      },
    };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** One in which the next already has the turn stays. */
function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === null) throw error;
  }
}
