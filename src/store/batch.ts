import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { unlessRefused } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { uuid } from "../lib/random.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { chunksOf, type Steps, wholeOf } from "../lib/steps.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { parseJson } from "../model/check.ts";
import { idFromFileName, type TaskId } from "../model/identity.ts";
import { takenFilePaths } from "../model/reading.ts";
import { type FiringNote, firingNote } from "../model/schedule.ts";
import { PLACES } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { ties, tiesOf } from "../model/ties.ts";
import { createFile, createFiles } from "./durable.ts";
import { ifThere, isMissing, namesOrNone } from "./fs-errors.ts";
import { filingAccepted } from "./inbox-files.ts";
import { shelveSegment, writeSegment } from "./journal.ts";
import type { Layout } from "./layout.ts";
import { noteNames } from "./names.ts";
import { isThere, type QuarantineEntry, quarantine } from "./quarantine.ts";
import { readRecord, recordText } from "./record.ts";
import { noteFiring } from "./schedules.ts";

/*
 * A batch is a set of tasks that are accepted all or nothing. It goes from tmp/BATCH through incoming/BATCH to pending/.
 *
 * Order of effects:
 * 1. `stageBatch`, by any process: tmp/BATCH gets the notes on what else the batch stands for (inbox files, a firing), the records without
 *    a sync, and a segment of the journal with all of them, synced. Then the folder and numbers/ are synced.
 * 2. `commitStaged`: one rename into incoming/ accepts the batch, and incoming/ is synced. Only after that is an id shown to a user.
 * 3. `publishing`, by the supervisor or the submitter: each record is renamed into pending/, pending/ is synced, the segment is renamed
 *    into journal/, the inbox files are filed and the firing is noted, each before its note is removed. The empty folder goes last.
 *
 * Invariants: nothing in tmp/ counts; everything in incoming/ is accepted, and its ids are listed as pending; a record is in the batch or
 * in a state directory, and no rename overwrites another record; a note stays until what it asks for is done.
 *
 * A crash before the rename of step 2 leaves a folder in tmp/ that recovery removes, and a gap in the numbers. A crash in step 3 leaves
 * the rest of the batch, and any process may repeat the step from its beginning. After a power cut, records that did not reach the disk
 * are written again from the segment (`replay.ts`).
 */

/** A name for a new batch; names sort by the time at which they were made. */
export function newBatch(): string {
  return uuid();
}

/** The note with the inbox files that the batch was read from; publishing moves them to `.accepted/`. */
const TAKEN = "taken";
/** The note with the firing of a schedule that queued the batch; publishing records the firing in the schedule's state. */
const FIRED = "fired";

/** The note with the lanes and keys that the tasks of a large batch name, so that unrelated batches need not wait for it. */
const TIES = "ties";
/** A batch of at most this many tasks has no such note: its records are read instead. */
export const FEW_TASKS = 64;

/** The segment of the journal that makes the records of a batch durable, one sync for all of them. */
const JOURNAL = "journal";

/** The path of that segment until the batch is published. */
export function segmentOf(layout: Layout, batch: string): string {
  return join(layout.batch(batch), JOURNAL);
}

/** The tasks of a batch, and what it stands for. */
export interface Accepted {
  readonly tasks: readonly Task[];
  /** The paths of the inbox files that they were read from. */
  readonly taken?: readonly string[];
  /** The firing that queued them. */
  readonly fired?: FiringNote;
}

/** Records serialized at a time: all of a large sweep would fill the memory. */
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

/** Writes tasks to tmp/, where they count for nothing until they are committed. Needs no lock. Throws what the system refuses. */
export function stageBatch(layout: Layout, batch: string, { tasks, taken, fired }: Accepted): void {
  const staged = join(layout.tmp, batch);
  // A firing has the same name at each try: a crash may have left the folder of the last one.
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
    // Reserved before, so the reservation must be durable too. After the file's own sync both syncs cost little.
    syncDirectory(layout.numbers);
  } catch (error) {
    // On a full disk, what was staged takes room that others need.
    dropStaged(layout, batch);
    throw error;
  }
  failpoint("batch:staged");
}

/** Removes what was staged and will not be committed. */
export function dropStaged(layout: Layout, batch: string): void {
  rmSync(join(layout.tmp, batch), { recursive: true, force: true });
}

/** The same in steps: a large sweep has a file for each member. */
export function* droppingStaged(layout: Layout, batch: string): Steps<void> {
  const directory = join(layout.tmp, batch);
  for (const some of chunksOf(namesOrNone(directory), RECORDS_AT_ONCE)) {
    for (const name of some) rmSync(join(directory, name), { force: true });
    yield;
  }
  dropStaged(layout, batch);
}

/** True for a batch that was committed and is not published yet. */
export function isCommitted(layout: Layout, batch: string): boolean {
  return isThere(layout.batch(batch));
}

/** The one step that accepts what was staged, under the name of the batch or another one in tmp/. */
export function commitStaged(layout: Layout, batch: string, staged = batch): void {
  renameSync(join(layout.tmp, staged), layout.batch(batch));
  failpoint("batch:committed");
  try {
    syncDirectory(layout.incoming);
  } catch (error) {
    if (error instanceof Error)
      error.message += "; the tasks may be queued all the same: check with `stint ls` before you repeat it";
    throw error;
  }
  failpoint("batch:synced");
}

/** The accepted batches that are not yet published, oldest first. */
export function incomingBatches(layout: Layout): string[] {
  return readdirSync(layout.incoming, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** True where one of some tasks is of an accepted batch and its record has not been published. */
export function isAnyIncoming(layout: Layout, ids: readonly TaskId[]): boolean {
  if (ids.length === 0) return false;
  return incomingBatches(layout).some((batch) => ids.some((id) => existsSync(layout.batchRecord(batch, id))));
}

/** Publishes an accepted batch in one go; see `publishing`. */
export function publishBatch(layout: Layout, batch: string, findings: QuarantineEntry[] = []): TaskId[] {
  return wholeOf(publishing(layout, batch, findings));
}

/**
 * Moves an accepted batch into `pending/`, one record per step. Two processes may do it at once, and it may be repeated. Returns the ids
 * that this call moved. A record whose task is in a state directory already was copied by hand: it is quarantined, as a rename would
 * overwrite the other one.
 */
export function* publishing(layout: Layout, batch: string, findings: QuarantineEntry[]): Steps<TaskId[]> {
  const directory = layout.batch(batch);
  const moved: TaskId[] = [];
  const names = namesOrNone(directory);
  for (const id of idsOf(names)) {
    if (publishRecord(layout, { batch, id, findings })) moved.push(id);
    failpoint("batch:publishing");
    yield;
  }
  // Makes the names durable: from here on, a missing record was removed by hand.
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
  // A folder with foreign files in it stays, and `doctor` reports it.
  unlessRefused(() => rmdirSync(directory), undefined, ["ENOENT", "ENOTEMPTY"]);
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

/** The inbox files of accepted batches that are not yet in `.accepted/`. */
export function acceptedFiles(layout: Layout): string[] {
  return incomingBatches(layout).flatMap((batch) => takenFilesOf(join(layout.batch(batch), TAKEN)));
}

/** The inbox files that a batch was read from; in homes of an earlier version the note is the bare path of one file. */
function takenFilesOf(path: string): string[] {
  const text = ifThere(() => readRegularFile(path)) ?? "";
  return text.startsWith("[") ? (parseJson(takenFilePaths, text) ?? []) : text === "" ? [] : [text];
}

/** The lanes and keys that the tasks of a large batch name; null where it has no such note. */
export function notedTies(layout: Layout, batch: string): ReadonlySet<string> | null {
  const text = ifThere(() => readRegularFile(join(layout.batch(batch), TIES))) ?? "";
  const noted = parseJson(ties, text);
  return noted === null ? null : new Set(noted);
}

/** Records of a batch that are not yet in `pending/`; null where one of them cannot be read. */
export function tasksIn(layout: Layout, batch: string, ids: readonly TaskId[]): Task[] | null {
  const read = ids.map((id) => readRecord(layout.batchRecord(batch, id)));
  const tasks = read.flatMap((one) => (one.ok ? [one.value] : []));
  return tasks.length === ids.length ? tasks : null;
}

/** The ids of a batch that are not yet in `pending/`. */
export function batchMembers(layout: Layout, batch: string): TaskId[] {
  return idsOf(namesOrNone(layout.batch(batch)));
}

function idsOf(names: readonly string[]): TaskId[] {
  return names
    .map(idFromFileName)
    .filter((id) => id !== null)
    .sort();
}
