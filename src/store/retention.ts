import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { failpoint } from "../lib/failpoint.ts";
import type { Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import { syncDirectory } from "./durable.ts";
import { dropUnusedEnvironments } from "./environments.ts";
import { dropSecrets } from "./kept-secrets.ts";
import type { Layout } from "./layout.ts";
import { readNotices } from "./notices.ts";
import { isMissing, onDisk } from "./trouble.ts";

/** The output of a job, in each attempt's folder; see `outputFiles`. */
const LOGS = ["output.log", "stdout.log", "stderr.log"];

/** The bytes in the folder of a task; what cannot be looked at counts nothing. */
export function bytesOfRun(layout: Layout, id: TaskId): number {
  return sizeOf(layout.run(id));
}

function sizeOf(path: string): number {
  const found = onDisk("measure", () => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return 0;
    if (!stat.isDirectory()) return stat.size;
    return readdirSync(path).reduce((total, name) => total + sizeOf(join(path, name)), 0);
  });
  return found.ok ? found.value : 0;
}

/** Removes an ended task with all it left: the run's folder first, so that nothing is left that no record names. */
export function removeTask(layout: Layout, id: TaskId): Result<null, Problem> {
  return onDisk(`remove "${id}"`, () => {
    rmSync(layout.run(id), { recursive: true, force: true });
    dropSecrets(layout, id);
    failpoint("clean:run-removed");
    rmSync(layout.record("done", id), { force: true });
    rmSync(layout.record("dead-letter", id), { force: true });
    failpoint("clean:record-removed");
    return null;
  });
}

/** The logs of an ended task that are still there, and their bytes. */
export function logsOf(layout: Layout, id: TaskId): { readonly paths: string[]; readonly bytes: number } {
  const paths: string[] = [];
  let bytes = 0;
  const folder = layout.run(id);
  onDisk("look for logs", () => {
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return;
    for (const attempt of readdirSync(folder).filter((name) => /^\d+$/.test(name))) {
      for (const path of LOGS.map((name) => join(folder, attempt, name))) {
        const stat = lstatSync(path, { throwIfNoEntry: false });
        if (stat?.isFile() !== true) continue;
        paths.push(path);
        bytes += stat.size;
      }
    }
  });
  return { paths, bytes };
}

/** Removes the logs of an ended task; its record keeps their last lines. */
export function removeLogs(layout: Layout, id: TaskId): Result<null, Problem> {
  return onDisk(`remove the logs of "${id}"`, () => {
    for (const path of logsOf(layout, id).paths) isMissing(() => rmSync(path));
    dropSecrets(layout, id);
    return null;
  });
}

/** Makes removals last, and removes the environments that are not among the used ones. */
export function finishRemoval(layout: Layout, used: ReadonlySet<string>, nowMs: number): void {
  syncDirectory(layout.place("done"));
  syncDirectory(layout.place("dead-letter"));
  // The news of a task that is gone may still be on its way.
  const awaited = readNotices(layout).flatMap(({ environment }) => environment ?? []);
  dropUnusedEnvironments(layout, new Set([...used, ...awaited]), nowMs);
}
