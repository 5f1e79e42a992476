import { closeSync, openSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { allPids, ownLimit, ownUserId, statFields } from "../lib/host.ts";
import { procContent } from "../lib/proc-file.ts";
import { type NotStarted, refusedBySystem } from "./not-started.ts";

/** How many more files this process can open, of so many at most; and what the system said where it was fewer. */
export function spareFiles(most: number): { readonly count: number; readonly refused: NotStarted | null } {
  const opened: number[] = [];
  try {
    while (opened.length < most) opened.push(openSync("/dev/null", "r"));
    return { count: opened.length, refused: null };
  } catch (error) {
    return { count: opened.length, refused: refusedBySystem("Cannot start a job", error) };
  } finally {
    for (const file of opened) closeSync(file);
  }
}

/** Where a user may have more processes than this, they are not counted: that is far from any use. */
const MAX_COUNTED = 4_096;
/** The runtime makes its threads when it needs them, up to two for each CPU and some more; where it gets none, it aborts. */
const THREADS_TO_COME = 8 + 2 * availableParallelism();

/** How many more processes and threads this user may have, but for the threads of our own to come; Linux only, large elsewhere. */
export function spareProcesses(): number {
  const limit = ownLimit("Max processes");
  const uid = ownUserId();
  // The superuser is not held to it (setrlimit(2)).
  if (uid === 0 || limit > MAX_COUNTED) return Number.POSITIVE_INFINITY;
  let count = 0;
  for (const pid of allPids()) {
    if (statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid !== uid) continue;
    count += Number(statFields(procContent(`/proc/${pid}/stat`)?.toString("latin1") ?? "")[17] ?? 0);
  }
  return limit - count - THREADS_TO_COME;
}

/** Why no process can be started, whatever it is; null where one can. */
export function refusalOfProcess(): NotStarted | null {
  try {
    // One that starts another, as the recording parent does.
    const { exitCode } = Bun.spawnSync(["/bin/sh", "-c", "(:)"], {
      cwd: "/",
      stdio: ["ignore", "ignore", "ignore"],
    });
    return exitCode === 0
      ? null
      : refusedBySystem("Cannot start a job", Object.assign(new Error(), { code: "EAGAIN" }));
  } catch (error) {
    return refusedBySystem("Cannot start a job", error);
  }
}
