import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { parseJson } from "../model/check.ts";
import { idFromFileName, type TaskId } from "../model/identity.ts";
import { type FiringNote, firingNote } from "../model/schedule.ts";
import { PLACES } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { createFile, createFiles, syncDirectory } from "./durable.ts";
import { fileAccepted } from "./inbox-files.ts";
import { segmentText, shelveSegment } from "./journal.ts";
import type { Layout } from "./layout.ts";
import { noteNames } from "./names.ts";
import { type Finding, isThere, quarantine } from "./quarantine.ts";
import { recordText } from "./record.ts";
import { noteFiring } from "./schedule-states.ts";
import { isMissing } from "./trouble.ts";

/** A new name for a batch; names sort by the time of their making. */
export function newBatch(): string {
  return uuid();
}

/** A batch out of an inbox names the file it was read from: whoever publishes the batch files that away too. */
const TAKEN = "taken";
/** One that a schedule queued says so: whoever publishes the batch notes the firing too. */
const FIRED = "fired";

/** The segment of the journal that makes the records of a batch durable, one sync for all of them. */
const JOURNAL = "journal";

/** The path of that segment until the batch is published. */
export function segmentOf(layout: Layout, batch: string): string {
  return join(layout.incoming, batch, JOURNAL);
}

/**
 * Accepts tasks all or nothing: they are staged apart, then one rename commits them. When this returns
 * they outlive a power cut. `taken` is the path of the inbox file that they were read from, `fired` the firing that they
 * are of.
 */
export function commitBatch(
  layout: Layout,
  batch: string,
  accepted: { readonly tasks: readonly Task[]; readonly taken?: string; readonly fired?: FiringNote },
): void {
  const staged = join(layout.tmp, batch);
  // A firing has the same name each time that it is tried: what a crash left of the last time is in the way.
  if (accepted.fired !== undefined) rmSync(staged, { recursive: true, force: true });
  try {
    mkdirSync(staged, { mode: 0o700 });
    if (accepted.taken !== undefined) createFile(join(staged, TAKEN), accepted.taken);
    if (accepted.fired !== undefined) createFile(join(staged, FIRED), `${JSON.stringify(accepted.fired)}\n`);
    createFiles(
      accepted.tasks.map((task) => ({
        path: join(staged, `${task.metadata.id}.json`),
        text: recordText(task),
      })),
      { isSynced: false },
    );
    createFile(join(staged, JOURNAL), segmentText(accepted.tasks));
    syncDirectory(staged);
    // Their numbers were taken before. After the file's own sync a file system has little left to do for either folder.
    syncDirectory(layout.numbers);
  } catch (error) {
    // On a full disk, what was staged in vain is a part of the trouble.
    rmSync(staged, { recursive: true, force: true });
    throw error;
  }
  failpoint("batch:staged");
  renameSync(staged, join(layout.incoming, batch));
  failpoint("batch:committed");
  try {
    syncDirectory(layout.incoming);
  } catch (error) {
    if (error instanceof Error)
      error.message += "; they may be queued all the same: look with `stint ls` before you repeat it";
    throw error;
  }
  failpoint("batch:synced");
  noteNames(
    layout,
    accepted.tasks.map(({ metadata }) => metadata.id),
  );
}

/** The accepted batches that are still on their way, oldest first. */
export function incomingBatches(layout: Layout): string[] {
  return readdirSync(layout.incoming, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/**
 * Moves an accepted batch into `pending/`; safe to race, and to do again. Returns the ids that this call moved. A record
 * whose task is somewhere already was copied by hand: it is put aside, as a rename would overwrite the other.
 */
export function publishBatch(layout: Layout, batch: string, findings: Finding[] = []): TaskId[] {
  const directory = join(layout.incoming, batch);
  const moved: TaskId[] = [];
  const names = namesIn(layout, batch);
  for (const id of idsOf(names)) {
    const path = join(directory, `${id}.json`);
    const known = PLACES.find((place) => isThere(layout.record(place, id)));
    const put = (): unknown =>
      known === undefined
        ? renameSync(path, layout.record("pending", id))
        : findings.push(quarantine(path, `the task is in ${known}/ too`, layout.record("pending", id)));
    if (!isMissing(put) && known === undefined) moved.push(id);
    failpoint("batch:publishing");
  }
  // The names: from here on a record that is gone was removed.
  syncDirectory(layout.place("pending"));
  shelveSegment(layout, segmentOf(layout, batch), batch);
  failpoint("batch:shelved");
  if (names.includes(TAKEN)) {
    isMissing(() => {
      fileAccepted(readRegularFile(join(directory, TAKEN)));
      failpoint("batch:taken-filed");
      rmSync(join(directory, TAKEN));
    });
  }
  if (names.includes(FIRED)) {
    isMissing(() => {
      const note = parseJson(firingNote, readRegularFile(join(directory, FIRED)));
      if (note !== null) noteFiring(layout, note);
      failpoint("batch:firing-noted");
      rmSync(join(directory, FIRED));
    });
  }
  failpoint("batch:emptied");
  removeEmpty(directory);
  return moved;
}

/** The ids of a batch that are not yet in `pending/`. */
export function batchMembers(layout: Layout, batch: string): TaskId[] {
  return idsOf(namesIn(layout, batch));
}

function namesIn(layout: Layout, batch: string): string[] {
  let names: string[] = [];
  isMissing(() => {
    names = readdirSync(join(layout.incoming, batch));
  });
  return names;
}

function idsOf(names: readonly string[]): TaskId[] {
  return names
    .map(idFromFileName)
    .filter((id) => id !== null)
    .sort();
}

/** A folder that somebody put something else into stays for `doctor` to report. */
function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "ENOTEMPTY") throw error;
  }
}
