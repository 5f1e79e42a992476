import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import { errnoOf, unlessRefused } from "../lib/errno.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { parseJson } from "../model/check.ts";
import { type Problem, problem } from "../model/errors.ts";
import { type Serving, serving } from "../model/serving.ts";
import { replaceUnsynced } from "./durable.ts";
import { problemFromErrno, tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { takeLock } from "./lock.ts";
import { type LockPlace, lockOwner } from "./lock-owner.ts";

/** The place of a home's one server, until it is disposed of. */
export interface ServePlace extends AsyncDisposable {
  /** Tells others where the server is. */
  readonly tell: (told: Serving) => void;
}

/** Takes the place of the home's server; ALREADY_EXISTS tells where another one serves. The place of a killed one is taken over. */
export async function takeServePlace(layout: Layout, clock: Clock): Promise<Result<ServePlace, Problem>> {
  try {
    const place = placeOf(layout);
    mkdirSync(place.locks, { recursive: true, mode: 0o700 });
    const taken = await takeLock(place, { role: "command", clock, offered: null });
    if (!taken.ok) return err(taken.error.code === "HOME_LOCKED" ? servedBy(layout) : taken.error);
    const lock = taken.value;
    return ok({
      tell: (told) => {
        replaceUnsynced(layout.served, `${JSON.stringify(told)}\n`, layout.tmp);
      },
      [Symbol.asyncDispose]: async () => {
        tryFs("remove the address", () => rmSync(layout.served, { force: true }));
        await lock[Symbol.asyncDispose]();
        // Not where the next server already has its lock in there.
        unlessRefused(() => rmdirSync(place.locks), undefined);
      },
    });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return err(problemFromErrno(errno, "take the place of the server", error));
  }
}

function placeOf({ home, tmp, locks }: Layout): LockPlace {
  return { home, tmp, locks: join(locks, "serve") };
}

/** Where the home is served; null where it is not. */
function servingOf(layout: Layout): Serving | null {
  const owner = lockOwner(placeOf(layout));
  if (owner === null) return null;
  const read = tryFs("read the address", () => parseJson(serving, readRegularFile(layout.served)));
  return read.ok && read.value?.pid === owner.pid ? read.value : null;
}

function servedBy(layout: Layout): Problem {
  const found = servingOf(layout);
  const where = found === null ? "by a process that starts now" : `at ${found.address} (pid ${found.pid})`;
  return problem(
    "ALREADY_EXISTS",
    `Cannot serve "${layout.home}": it is served ${where}, and a home has one server`,
    found === null ? undefined : `use that one, or end it: kill ${found.pid}`,
  );
}
