import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import { errnoOf } from "../lib/errno.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Layout } from "./layout.ts";
import { takeLock } from "./lock.ts";
import { problemOf } from "./trouble.ts";

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
  const { home, tmp } = layout;
  const place = { home, tmp, locks: join(layout.locks, "submit") };
  const untilMs = clock.awakeMs() + MAX_WAIT_MS;
  try {
    mkdirSync(place.locks, { recursive: true, mode: 0o700 });
    for (;;) {
      const taken = await takeLock(place, { role: "command", clock, offered: null });
      if (taken.ok) return taken;
      if (clock.awakeMs() >= untilMs) return ok({ [Symbol.asyncDispose]: () => Promise.resolve() });
      await Bun.sleep(LOOK_MS);
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return err(problemOf(errno, "wait for others who queue tasks", error));
  }
}
