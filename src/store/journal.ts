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
import { linesIn, openRegularFile } from "../lib/regular-file.ts";
import { chunksOf } from "../lib/steps.ts";
import { syncDirectory, withPath } from "../lib/sync-directory.ts";
import { FORMAT_VERSION, type Task } from "../model/task.ts";
import { writeWhole } from "./durable.ts";
import { isMissing, tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { parseRecord } from "./record.ts";

/**
 * The journal is what makes records durable. A record is written without waiting for the disk; its line in a segment of
 * the journal is waited for, with one sync for all that is written together. After a power cut, lines that are newer
 * than their records are made records again (`replay.ts`). Once the records themselves are on the disk
 * (`checkpoint.ts`), a segment is removed.
 */

/** What holders wrote: any version of a record. */
const LOG_ENDING = ".log";
/** What was accepted: the first version of records. */
const BATCH_ENDING = ".batch";
/** Kept after a checkpoint that was refused, until the machine was down. */
export const KEPT_ENDING = ".kept";
const CREATING = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** What stands in a segment. */
export interface Segment {
  /** True where it holds first versions only. */
  readonly isBatch: boolean;
  /** During which it was written; of what was never synced, anything. */
  readonly bootId: string;
  /**
   * In the order of their writing, each read when it is asked for; a line that was cut short was not acknowledged, and unused
   * room is no line.
   */
  readonly tasks: () => Iterable<Task>;
}

/** So many records are made text of at a time. */
const RECORDS_AT_ONCE = 500;

/** Makes a segment with these records, the boot, then a line for each; it is on the disk when this returns. */
export function writeSegment(path: string, tasks: readonly Task[]): void {
  const file = openRegularFile(path, CREATING);
  try {
    writeWhole(file, `${bootId()}\n`);
    for (const some of chunksOf(tasks, RECORDS_AT_ONCE)) writeWhole(file, linesOf(some));
    fsyncSync(file);
  } catch (error) {
    throw error instanceof Error ? withPath(error, path) : error;
  } finally {
    closeSync(file);
  }
}

function linesOf(tasks: readonly Task[]): string {
  return tasks.map((task) => `${JSON.stringify({ formatVersion: FORMAT_VERSION, ...task })}\n`).join("");
}

/** Looks at one segment; its lines are read when they are asked for. */
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
  const file = openRegularFile(path);
  try {
    const start = Buffer.alloc(MAX_BOOT_ID_BYTES);
    readSync(file, start, 0, start.length, 0);
    return start.toString("utf8").split("\n")[0] ?? "";
  } finally {
    closeSync(file);
  }
}

/** The paths of the segments that are on the shelf, oldest first. */
export function segmentPaths(layout: Layout): string[] {
  return readdirSync(layout.journal)
    .filter((name) =>
      [LOG_ENDING, BATCH_ENDING].some((ending) => name.replace(KEPT_ENDING, "").endsWith(ending)),
    )
    .sort()
    .map((name) => join(layout.journal, name));
}

/** Those whose records can be put on the disk: not those for which this was refused since the machine is up. */
export function dueSegments(layout: Layout, boot = bootId()): string[] {
  const isFile = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
  return segmentPaths(layout).filter(
    (path) => isFile(path) && (!path.endsWith(KEPT_ENDING) || bootIdOf(path) !== boot),
  );
}

/** Where the segment of a published batch stands. */
export function shelfPath(layout: Layout, batch: string): string {
  return join(layout.journal, `${batch}${BATCH_ENDING}`);
}

/** Puts the segment of a published batch on the shelf; harmless to do again. */
export function shelveSegment(layout: Layout, path: string, batch: string): void {
  mkdirSync(layout.journal, { recursive: true, mode: 0o700 });
  isMissing(() => renameSync(path, shelfPath(layout, batch)));
}

/**
 * Room that a segment takes at first, and at most at a time. To write where a file has its room already changes nothing
 * but the bytes, which a disk syncs in half the time, and without holding up all others who make files.
 */
const MIN_ROOM = 32 * 1_024;
const MAX_ROOM = 1_024 * 1_024;

/** The segment that the holder of the home's lock writes. */
export class Journal {
  readonly #layout: Layout;
  #file: number | null = null;
  #path = "";
  /** Bytes in use, and those that the file has. */
  #size = 0;
  #room = 0;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Bytes in the segment that is being written. */
  get size(): number {
    return this.#size;
  }

  /** Adds records; they are on the disk when this returns. Throws what the system refuses: then none of them is in it. */
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

  /** Makes the next segment: its name is on the disk before the first line is. */
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

  /** Ends the segment; what comes next goes into another one. */
  rotate(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#size = 0;
    this.#room = 0;
  }

  /** After a failed sync nobody knows what of the file is on the disk: what was refused is cut off, and the next goes elsewhere. */
  #giveUp(file: number): void {
    const end = this.#size;
    tryFs("cut off what was refused", () => {
      ftruncateSync(file, end);
      fsyncSync(file);
    });
    this.rotate();
  }
}
