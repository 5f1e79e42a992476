import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import { failpoint } from "../lib/failpoint.ts";
import { textOf } from "../lib/file-text.ts";
import type { Result } from "../lib/result.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { ATTEMPT_FILES } from "../model/attempt-files.ts";
import { parseJson } from "../model/check.ts";
import type { Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import { cleaned, type RunPart } from "../model/retention.ts";
import { replaceSynced } from "./durable.ts";
import { dropUnusedEnvironments } from "./environments.ts";
import { tryFs } from "./fs-errors.ts";
import { dropSecrets } from "./kept-secrets.ts";
import type { Layout } from "./layout.ts";
import { readNotices } from "./notices.ts";
import { partsOf, removePaths } from "./run-parts.ts";
import { markUnusedSnapshots } from "./snapshots.ts";

/**
 * Removes an ended task and these parts of its folder. The folder goes first: a crash in between leaves a record without files, not files
 * without a record.
 */
export function removeTask(layout: Layout, id: TaskId, parts: readonly RunPart[]): Result<null, Problem> {
  return tryFs(`remove "${id}"`, () => {
    const found = partsOf(layout, id);
    // The manifest tells what the artifacts are of once the record is gone.
    const told = new Set(
      parts.includes("artifacts")
        ? []
        : found.artifacts.paths.map((path) => manifestBeside(layout, id, path)),
    );
    removePaths(
      layout,
      id,
      (["own", ...parts] as const).flatMap((part) => found[part].paths).filter((path) => !told.has(path)),
    );
    dropSecrets(layout, id);
    failpoint("clean:run-removed");
    rmSync(layout.record("done", id), { force: true });
    rmSync(layout.record("dead-letter", id), { force: true });
    failpoint("clean:record-removed");
    return null;
  });
}

/** The manifest of the attempt that a path belongs to. */
function manifestBeside(layout: Layout, id: TaskId, path: string): string {
  const [attempt = ""] = relative(layout.run(id), path).split("/");
  return join(layout.run(id), attempt, ATTEMPT_FILES.manifest);
}

/**
 * Removes parts of the folder of a task. The record keeps the last lines of the logs; without a record, the manifest goes with the
 * artifacts.
 */
export function removeParts(
  layout: Layout,
  id: TaskId,
  { parts, isOnRecord }: { readonly parts: readonly RunPart[]; readonly isOnRecord: boolean },
): Result<null, Problem> {
  return tryFs(`remove the ${parts.join(" and ")} of "${id}"`, () => {
    const found = partsOf(layout, id);
    removePaths(layout, id, [
      ...parts.flatMap((part) => found[part].paths),
      ...(parts.includes("artifacts") && !isOnRecord
        ? found.artifacts.paths.map((path) => manifestBeside(layout, id, path))
        : []),
    ]);
    if (parts.includes("logs")) dropSecrets(layout, id);
    return null;
  });
}

/** Makes removals durable, removes unused environments, and marks unused snapshots. */
export function finishRemoval(layout: Layout, isUsed: (name: string) => boolean, nowMs: number): void {
  syncDirectory(layout.place("done"));
  syncDirectory(layout.place("dead-letter"));
  // A notice of a removed task may still wait for its delivery.
  const awaited = new Set(readNotices(layout).flatMap(({ environment }) => environment ?? []));
  dropUnusedEnvironments(layout, (name) => isUsed(name) || awaited.has(name), nowMs);
  markUnusedSnapshots(layout, isUsed, nowMs);
}

/** When the home was last cleaned up automatically, in ms since the epoch; null where that is not known. */
export function readCleaned(layout: Layout): number | null {
  const found = parseJson(cleaned, textOf(layout.cleaned) ?? "");
  return found === null ? null : Date.parse(found.at);
}

/** Records the time of an automatic clean-up; throws what the system refuses. */
export function noteCleaned(layout: Layout, at: string): void {
  replaceSynced(layout.cleaned, `${JSON.stringify({ at })}\n`, layout.tmp);
}
