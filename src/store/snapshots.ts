import { existsSync, lstatSync, mkdirSync, renameSync, rmSync, utimesSync } from "node:fs";
import { dirname } from "node:path";
import { unlessRefused } from "../lib/errno.ts";
import { readOwnFile } from "../lib/regular-file.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { parseJson } from "../model/check.ts";
import { keptSnapshot } from "../model/code.ts";
import { replaceSynced } from "./durable.ts";
import { namesOrNone } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/*
 * A note for each snapshot of code that the home has made, `code/SHA.json`, with the git tree whose repository keeps it.
 *
 * Order of effects: the note is written, then the ref is made. A clean-up marks a note that no record names (`SHA.gone`); then the ref is
 * removed, by any process, and the mark after it. A submission of the same content meanwhile writes the note again, and the ref is
 * restored where the note is found after its removal. So no crash leaves a ref without a note or a mark, nor a task without its ref.
 */

/** A younger snapshot that no record names may belong to a submission in progress. */
const MIN_UNUSED_AGE_MS = 3_600_000;
const MAX_NOTE_BYTES = 64 * 1_024;

/** A snapshot, and the tree in whose repository it is. */
export interface NotedSnapshot {
  readonly snapshot: string;
  readonly root: string;
}

/** Notes a snapshot that is about to be kept, or is used again. Throws what the disk refuses. */
export function noteSnapshot(layout: Layout, { snapshot, root }: NotedSnapshot, nowMs: number): void {
  const path = layout.codeSnapshot(snapshot);
  if (existsSync(path)) {
    utimesSync(path, nowMs / 1_000, nowMs / 1_000);
    return;
  }
  const folder = dirname(path);
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) syncDirectory(dirname(folder));
  replaceSynced(path, `${JSON.stringify({ root })}\n`, layout.tmp);
}

export function isNoted(layout: Layout, snapshot: string): boolean {
  return existsSync(layout.codeSnapshot(snapshot));
}

/** Marks the noted snapshots that no record names, except young ones. */
export function markUnusedSnapshots(
  layout: Layout,
  isUsed: (snapshot: string) => boolean,
  nowMs: number,
): void {
  for (const name of namesOrNone(layout.codeSnapshots)) {
    const [snapshot = "", ending] = name.split(".");
    if (ending !== "json" || isUsed(snapshot)) continue;
    const path = layout.codeSnapshot(snapshot);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || nowMs - stat.mtimeMs < MIN_UNUSED_AGE_MS) continue;
    renameSync(path, layout.goneCodeSnapshot(snapshot));
  }
}

/** The snapshots whose refs are to be removed. */
export function markedSnapshots(layout: Layout): NotedSnapshot[] {
  return namesOrNone(layout.codeSnapshots).flatMap((name) => {
    const [snapshot = "", ending] = name.split(".");
    if (ending !== "gone") return [];
    const text = unlessRefused(() => readOwnFile(layout.goneCodeSnapshot(snapshot), MAX_NOTE_BYTES), null);
    const found = parseJson(keptSnapshot, text ?? "");
    return found === null ? [] : [{ snapshot, root: found.root }];
  });
}

/** The ref of a marked snapshot is removed. */
export function forgetSnapshot(layout: Layout, snapshot: string): void {
  rmSync(layout.goneCodeSnapshot(snapshot), { force: true });
}
