import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { chunksOf, type Steps, wholeOf } from "../lib/steps.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { parseJson } from "../model/check.ts";
import { idFromFileName, type TaskId } from "../model/identity.ts";
import { takenFiles } from "../model/reading.ts";
import { type FiringNote, firingNote } from "../model/schedule.ts";
import { PLACES } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { ties, tiesOf } from "../model/ties.ts";
import { createFile, createFiles } from "./durable.ts";
import { isMissing } from "./fs-errors.ts";
import { filingAccepted } from "./inbox-files.ts";
import { shelveSegment, writeSegment } from "./journal.ts";
import type { Layout } from "./layout.ts";
import { noteNames } from "./names.ts";
import { isThere, type QuarantineEntry, quarantine } from "./quarantine.ts";
import { readRecord, recordText } from "./record.ts";
import { noteFiring } from "./schedules.ts";

/** A new name for a batch; names sort by the time of their making. */
export function newBatch(): string {
  return uuid();
}

/** A batch out of an inbox names the file it was read from: whoever publishes the batch files that away too. */
const TAKEN = "taken";
/** One that a schedule queued says so: whoever publishes the batch notes the firing too. */
const FIRED = "fired";

/** A large one says which lanes and keys its tasks name, so that others need not wait for it. */
const TIES = "ties";
/** Of so few tasks the records are looked at instead. */
export const FEW_TASKS = 64;

/** The segment of the journal that makes the records of a batch durable, one sync for all of them. */
const JOURNAL = "journal";

/** The path of that segment until the batch is published. */
export function segmentOf(layout: Layout, batch: string): string {
  return join(layout.batch(batch), JOURNAL);
}

/** What is accepted together, and whose doing it is. */
export interface Accepted {
  readonly tasks: readonly Task[];
  /** The paths of the inbox files that they were read from. */
  readonly taken?: readonly string[];
  /** The firing that they are of. */
  readonly fired?: FiringNote;
}

/** So many records are made text of at a time: all of a large sweep would fill the memory. */
const RECORDS_AT_ONCE = 500;

/** Accepts tasks all or nothing. When this returns they outlive a power cut. */
export function commitBatch(layout: Layout, batch: string, accepted: Accepted): void {
  stageBatch(layout, batch, accepted);
  commitStaged(layout, batch);
  noteNames(
    layout,
    accepted.tasks.map(({ metadata }) => metadata.id),
  );
}

/** Puts tasks on the disk apart, where they count for nothing until they are committed: anybody may. */
export function stageBatch(layout: Layout, batch: string, { tasks, taken, fired }: Accepted): void {
  const staged = join(layout.tmp, batch);
  // A firing has the same name each time that it is tried: what a crash left of the last time is in the way.
  if (fired !== undefined) rmSync(staged, { recursive: true, force: true });
  try {
    mkdirSync(staged, { mode: 0o700 });
    if (taken !== undefined) createFile(join(staged, TAKEN), JSON.stringify(taken));
    if (fired !== undefined) createFile(join(staged, FIRED), `${JSON.stringify(fired)}\n`);
    if (tasks.length > FEW_TASKS)
      createFile(join(staged, TIES), JSON.stringify([...new Set(tasks.flatMap(tiesOf))]));
    for (const some of chunksOf(tasks, RECORDS_AT_ONCE)) {
      const files = some.map((task) => ({
        path: join(staged, `${task.metadata.id}.json`),
        text: recordText(task),
      }));
      createFiles(files, { isSynced: false });
    }
    writeSegment(join(staged, JOURNAL), tasks);
    syncDirectory(staged);
    // Their numbers were taken before. After the file's own sync a file system has little left to do for either folder.
    syncDirectory(layout.numbers);
  } catch (error) {
    // On a full disk, what was staged in vain is a part of the trouble.
    dropStaged(layout, batch);
    throw error;
  }
  failpoint("batch:staged");
}

/** Removes what was staged and will not be committed. */
export function dropStaged(layout: Layout, batch: string): void {
  rmSync(join(layout.tmp, batch), { recursive: true, force: true });
}

/** The one step that accepts what was staged. */
export function commitStaged(layout: Layout, batch: string): void {
  renameSync(join(layout.tmp, batch), layout.batch(batch));
  failpoint("batch:committed");
  try {
    syncDirectory(layout.incoming);
  } catch (error) {
    if (error instanceof Error)
      error.message += "; they may be queued all the same: look with `stint ls` before you repeat it";
    throw error;
  }
  failpoint("batch:synced");
}

/** The accepted batches that are still on their way, oldest first. */
export function incomingBatches(layout: Layout): string[] {
  return readdirSync(layout.incoming, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Moves an accepted batch into `pending/`, all of it at once; see `publishing`. */
export function publishBatch(layout: Layout, batch: string, findings: QuarantineEntry[] = []): TaskId[] {
  return wholeOf(publishing(layout, batch, findings));
}

/**
 * Moves an accepted batch into `pending/`, a record a step; safe to race, and to do again. Returns the ids that this call moved. A
 * record whose task is somewhere already was copied by hand: it is put aside, as a rename would overwrite the other.
 */
export function* publishing(layout: Layout, batch: string, findings: QuarantineEntry[]): Steps<TaskId[]> {
  const directory = layout.batch(batch);
  const moved: TaskId[] = [];
  const names = namesIn(layout, batch);
  for (const id of idsOf(names)) {
    if (publishRecord(layout, { batch, id, findings })) moved.push(id);
    failpoint("batch:publishing");
    yield;
  }
  // The names: from here on a record that is gone was removed.
  syncDirectory(layout.place("pending"));
  shelveSegment(layout, segmentOf(layout, batch), batch);
  failpoint("batch:shelved");
  if (names.includes(TAKEN)) {
    yield* filingAccepted(takenFilesOf(join(directory, TAKEN)));
    failpoint("batch:taken-filed");
    rmSync(join(directory, TAKEN), { force: true });
  }
  if (names.includes(FIRED)) {
    isMissing(() => {
      const note = parseJson(firingNote, readRegularFile(join(directory, FIRED)));
      if (note !== null) noteFiring(layout, note);
      failpoint("batch:firing-noted");
      rmSync(join(directory, FIRED));
    });
  }
  if (names.includes(TIES)) rmSync(join(directory, TIES), { force: true });
  failpoint("batch:emptied");
  removeEmpty(directory);
  return moved;
}

/** True where this call moved it. */
function publishRecord(
  layout: Layout,
  { batch, id, findings }: { batch: string; id: TaskId; findings: QuarantineEntry[] },
): boolean {
  const path = layout.batchRecord(batch, id);
  const known = PLACES.find((place) => isThere(layout.record(place, id)));
  if (known === undefined) return !isMissing(() => renameSync(path, layout.record("pending", id)));
  isMissing(() =>
    findings.push(quarantine(path, `the task is in ${known}/ too`, layout.record("pending", id))),
  );
  return false;
}

/** The inbox files that accepted batches were read from and that are not filed yet: the note of a batch stays until they are. */
export function acceptedFiles(layout: Layout): string[] {
  return incomingBatches(layout).flatMap((batch) => takenFilesOf(join(layout.batch(batch), TAKEN)));
}

/** The inbox files that a batch was read from; an earlier version named one, by its path alone. */
function takenFilesOf(path: string): string[] {
  let text = "";
  isMissing(() => {
    text = readRegularFile(path);
  });
  return text.startsWith("[") ? (parseJson(takenFiles, text) ?? []) : text === "" ? [] : [text];
}

/** The lanes and keys that the tasks of a large batch name; null where it does not say. */
export function notedTies(layout: Layout, batch: string): ReadonlySet<string> | null {
  let text = "";
  isMissing(() => {
    text = readRegularFile(join(layout.batch(batch), TIES));
  });
  const noted = parseJson(ties, text);
  return noted === null ? null : new Set(noted);
}

/** The records of a batch that are not yet in `pending/`; null where one of them cannot be had. */
export function tasksIn(layout: Layout, batch: string, ids: readonly TaskId[]): Task[] | null {
  const read = ids.map((id) => readRecord(layout.batchRecord(batch, id)));
  const tasks = read.flatMap((one) => (one.ok ? [one.value] : []));
  return tasks.length === ids.length ? tasks : null;
}

/** The ids of a batch that are not yet in `pending/`. */
export function batchMembers(layout: Layout, batch: string): TaskId[] {
  return idsOf(namesIn(layout, batch));
}

function namesIn(layout: Layout, batch: string): string[] {
  let names: string[] = [];
  isMissing(() => {
    names = readdirSync(layout.batch(batch));
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
