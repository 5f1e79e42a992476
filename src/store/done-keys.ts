import { lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { failpoint } from "../lib/failpoint.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { sha256 } from "../lib/sha256.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { ARTIFACTS_FOLDER } from "../model/attempt-files.ts";
import { parseJson } from "../model/check.ts";
import { type DoneKey, doneKey } from "../model/done-key.ts";
import { doneKeyOfTask, isFingerprint } from "../model/reuse.ts";
import { lastEnded, type Task } from "../model/task.ts";
import { replaceFiles } from "./durable.ts";
import { ifThere } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { readManifest } from "./manifest-file.ts";
import { readTask } from "./reader.ts";

/*
 * Which work has succeeded: a file for each key, so that one of a hundred thousand is found by one read. The committer writes it when it
 * announces the end of a task: after the end is in the journal, before the record moves to done/. A crash in between leaves the record in
 * running/, and recovery announces the end again. A clean-up of the record leaves the file: what is done stays done. A fingerprint is a
 * key too, and counts only while the record and the artifacts are there.
 */

/** Notes durably the keys of those of some tasks that have succeeded; throws errors of the disk. */
export function noteDoneKeys(layout: Layout, tasks: readonly Task[]): void {
  const files = tasks.flatMap((task) => {
    const { metadata, status } = task;
    if (status.state !== "completed") return [];
    const key = doneKeyOfTask(task);
    if (key === undefined) return [];
    const done: DoneKey = { key, task: metadata.id, endedAt: status.endedAt };
    return [{ path: pathOf(layout, key), text: `${JSON.stringify(done)}\n` }];
  });
  if (files.length === 0) return;
  mkdirSync(layout.doneKeys, { recursive: true, mode: 0o700 });
  const error = replaceFiles(files, layout.tmp).find((one) => one !== null) ?? null;
  if (error !== null) throw error;
  syncDirectory(layout.doneKeys);
  failpoint("keys:noted");
}

/** The success of a key; null for none. Throws where the file system refuses. */
export function doneKeyOf(layout: Layout, key: string): DoneKey | null {
  const text = ifThere(() => readRegularFile(pathOf(layout, key)));
  const done = text === null ? null : parseJson(doneKey, text);
  if (done?.key !== key) return null;
  return !isFingerprint(key) || isStillThere(layout, done) ? done : null;
}

/** A success is reused for its results: its record must be there, and its artifacts as they were found. */
function isStillThere(layout: Layout, { task: id, key }: DoneKey): boolean {
  const read = readTask(layout, id);
  if (!read.ok || doneKeyOfTask(read.value) !== key) return false;
  const last = lastEnded(read.value);
  if (last?.artifacts === undefined) return true;
  const folder = layout.attempt(id, last.number);
  const files = readManifest(folder)?.artifacts;
  return (
    files?.every(({ path, bytes, link }) => {
      const found = lstatSync(join(folder, ARTIFACTS_FOLDER, path), { throwIfNoEntry: false });
      return found !== undefined && (link !== undefined || found.size === bytes);
    }) === true
  );
}

function pathOf(layout: Layout, key: string): string {
  return layout.doneKey(sha256(key));
}
