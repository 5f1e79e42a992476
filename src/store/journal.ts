import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readSync,
  renameSync,
} from "node:fs";
import { join } from "node:path";
import { failpoint } from "../lib/failpoint.ts";
import { bootId } from "../lib/host.ts";
import { uuid } from "../lib/random.ts";
import { linesIn, openRegularFile, withFile } from "../lib/regular-file.ts";
import { chunksOf } from "../lib/steps.ts";
import { syncDirectory, withPath } from "../lib/sync-directory.ts";
import { FORMAT_VERSION, type Task } from "../model/task.ts";
import { writeWhole } from "./durable.ts";
import { isMissing, tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { parseRecord } from "./record.ts";

/**
 * The journal makes records durable. Records are written without a sync; their lines in a segment of the journal share one sync per
 * commit. After a power cut, records that are older than their lines are written again (`replay.ts`). Once its records are synced
 * (`checkpoint.ts`), a segment is removed.
 */

/** A segment of a writer: any version of a record. */
const LOG_ENDING = ".log";
/** A segment of a batch: the first version of its records. */
const BATCH_ENDING = ".batch";
/** A segment kept after a failed checkpoint, until the machine is booted again. */
export const KEPT_ENDING = ".kept";
const CREATING = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** The content of a segment. */
export interface Segment {
  /** True where it holds first versions only. */
  readonly isBatch: boolean;
  /** The boot during which it was written; arbitrary text where it was never synced. */
  readonly bootId: string;
  /** Lazily, in the order of writing. A line that a crash cut short was never acknowledged, and is skipped, as preallocated room is. */
  readonly tasks: () => Iterable<Task>;
}

/** Records serialized at a time. */
const RECORDS_AT_ONCE = 500;

/** Makes a segment: a line with the boot's id, then one for each record. It is durable when this returns. */
export function writeSegment(path: string, tasks: readonly Task[]): void {
  const write = (file: number): void => {
    writeWhole(file, `${bootId()}\n`);
    for (const some of chunksOf(tasks, RECORDS_AT_ONCE)) writeWhole(file, linesOf(some));
    fsyncSync(file);
  };
  try {
    withFile(path, write, CREATING);
  } catch (error) {
    throw error instanceof Error ? withPath(error, path) : error;
  }
}

function linesOf(tasks: readonly Task[]): string {
  return tasks.map((task) => `${JSON.stringify({ formatVersion: FORMAT_VERSION, ...task })}\n`).join("");
}

/** Opens one segment; its lines are read on demand. */
export function readSegment(path: string): Segment {
  return {
    isBatch: !path.replace(KEPT_ENDING, "").endsWith(LOG_ENDING),
    bootId: bootIdOf(path),
    tasks: () => tasksIn(path),
  };
}

function* tasksIn(path: string): Generator<Task> {
  let isFirst = true;
  for (const line of linesIn(path)) {
    const read = isFirst ? null : parseRecord(line);
    isFirst = false;
    if (read?.ok === true) yield read.value;
  }
}

/** No boot's id is longer. */
const MAX_BOOT_ID_BYTES = 128;

function bootIdOf(path: string): string {
  const start = Buffer.alloc(MAX_BOOT_ID_BYTES);
  withFile(path, (file) => readSync(file, start, 0, start.length, 0));
  return start.toString("utf8").split("\n")[0] ?? "";
}

/** The paths of the segments in journal/, oldest first. */
export function segmentPaths(layout: Layout): string[] {
  return readdirSync(layout.journal)
    .filter((name) =>
      [LOG_ENDING, BATCH_ENDING].some((ending) => name.replace(KEPT_ENDING, "").endsWith(ending)),
    )
    .sort()
    .map((name) => join(layout.journal, name));
}

/** The segments that can be checkpointed: not those for which this failed during this boot. */
export function dueSegments(layout: Layout, boot = bootId()): string[] {
  const isFile = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
  return segmentPaths(layout).filter(
    (path) => isFile(path) && (!path.endsWith(KEPT_ENDING) || bootIdOf(path) !== boot),
  );
}

/** The path of the segment of a published batch. */
export function shelfPath(layout: Layout, batch: string): string {
  return join(layout.journal, `${batch}${BATCH_ENDING}`);
}

/** Moves the segment of a published batch into journal/; may be repeated. */
export function shelveSegment(layout: Layout, path: string, batch: string): void {
  mkdirSync(layout.journal, { recursive: true, mode: 0o700 });
  isMissing(() => renameSync(path, shelfPath(layout, batch)));
}

/**
 * Bytes preallocated at first, and at most at a time. A write to preallocated room changes no metadata: it syncs in half the time, and
 * does not hold up other processes that make files.
 */
const MIN_ROOM = 32 * 1_024;
const MAX_ROOM = 1_024 * 1_024;

/** The segment that the owner of the home's lock writes. */
export class Journal {
  readonly #layout: Layout;
  #file: number | null = null;
  #path = "";
  /** Bytes in use, and bytes of the file. */
  #size = 0;
  #room = 0;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Bytes in the segment that is being written. */
  get size(): number {
    return this.#size;
  }

  /** Appends records; they are durable when this returns. Throws what the system refuses: then none of them is in the journal. */
  append(tasks: readonly Task[]): void {
    const isNew = this.#file === null;
    const file = (this.#file ??= this.#begin());
    const bytes = Buffer.from(`${isNew ? `${bootId()}\n` : ""}${linesOf(tasks)}`);
    const end = this.#size + bytes.length;
    try {
      if (end > this.#room) {
        const more = Math.min(Math.max(MIN_ROOM, this.#room), MAX_ROOM);
        writeWhole(file, Buffer.concat([bytes, Buffer.alloc(more)]), this.#size);
        failpoint("journal:written");
        fsyncSync(file);
        this.#room = end + more;
      } else {
        writeWhole(file, bytes, this.#size);
        failpoint("journal:written");
        fdatasyncSync(file);
      }
    } catch (error) {
      this.#giveUp(file);
      throw error instanceof Error ? withPath(error, this.#path) : error;
    }
    this.#size = end;
  }

  /** Makes the next segment; its name is durable before its first line. */
  #begin(): number {
    const { journal } = this.#layout;
    mkdirSync(journal, { recursive: true, mode: 0o700 });
    this.#path = join(journal, `${uuid()}${LOG_ENDING}`);
    const file = openRegularFile(this.#path, CREATING);
    try {
      syncDirectory(journal);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    return file;
  }

  /** Closes the segment; the next append begins another one. */
  rotate(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#size = 0;
    this.#room = 0;
  }

  /** After a failed sync it is unknown which bytes are durable: the refused lines are cut off, and the next go to another segment. */
  #giveUp(file: number): void {
    const end = this.#size;
    tryFs("cut off the refused lines", () => {
      ftruncateSync(file, end);
      fsyncSync(file);
    });
    this.rotate();
  }
}
