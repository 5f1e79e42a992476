import { closeSync, openSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { allPids, ownLimit, ownUserId, statFields } from "../lib/host.ts";
import { procContent } from "../lib/proc-file.ts";
import { type NotStarted, refusedBySystem } from "./not-started.ts";

/** How many more files this process can open, up to `most`; and the refusal where it is fewer. */
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

/** Processes are not counted where the user's limit is higher than this: it is far from reached. */
const MAX_COUNTED = 4_096;
/** The runtime makes threads on demand, up to two for each CPU and some more; it aborts where the system refuses one. */
const THREADS_TO_COME = 8 + 2 * availableParallelism();

/** How many more processes and threads this user may have, without those that our own runtime may need; infinite except on Linux. */
export function spareProcesses(): number {
  const limit = ownLimit("Max processes");
  const uid = ownUserId();
  // The limit does not apply to root (setrlimit(2)).
  if (uid === 0 || limit > MAX_COUNTED) return Number.POSITIVE_INFINITY;
  let count = 0;
  for (const pid of allPids()) {
    if (statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid !== uid) continue;
    count += Number(statFields(procContent(`/proc/${pid}/stat`)?.toString("latin1") ?? "")[17] ?? 0);
  }
  return limit - count - THREADS_TO_COME;
}

/** Why the system starts no process at all; null where it does. */
export function refusalOfProcess(): NotStarted | null {
  try {
    // It forks once more, as the recording parent does.
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
