import { mkdirSync } from "node:fs";
import { failpoint } from "../lib/failpoint.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { sha256 } from "../lib/sha256.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { parseJson } from "../model/check.ts";
import { type DoneKey, doneKey } from "../model/done-key.ts";
import type { Task } from "../model/task.ts";
import { replaceFiles } from "./durable.ts";
import { ifThere } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/*
 * Which work has succeeded: a file for each key, so that one of a hundred thousand is found by one read. The committer writes it when it
 * announces the end of a task: after the end is in the journal, before the record moves to done/. A crash in between leaves the record in
 * running/, and recovery announces the end again. A clean-up of the record leaves the file: what is done stays done.
 */

/** Notes durably the keys of those of some tasks that have succeeded; throws errors of the disk. */
export function noteDoneKeys(layout: Layout, tasks: readonly Task[]): void {
  const files = tasks.flatMap(({ metadata, spec: { key }, status }) => {
    if (key === undefined || status.state !== "completed") return [];
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
  return done?.key === key ? done : null;
}

function pathOf(layout: Layout, key: string): string {
  return layout.doneKey(sha256(key));
}
