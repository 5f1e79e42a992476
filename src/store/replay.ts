import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { bootId } from "../lib/host.ts";
import type { TaskId } from "../model/identity.ts";
import { PLACES, placeOf } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { incomingBatches, segmentOf } from "./batch.ts";
import { type FileText, replaceFiles } from "./durable.ts";
import { readSegment, type Segment, segmentPaths, shelfPath } from "./journal.ts";
import type { Layout } from "./layout.ts";
import { readRecord, recordText } from "./record.ts";

/** What a start-up made again from the journal. */
export interface Replayed {
  readonly ids: readonly TaskId[];
  /** Segments of another boot: with the records of `ids` on the disk, they are not needed any more. */
  readonly spent: readonly string[];
}

/** The newest line of a task. */
interface Line {
  readonly task: Task;
  /** The machine has been down since: what the record held may be spoilt. */
  readonly isFromBefore: boolean;
  /** The batch was not published: the name of the record may not have come to the disk. */
  readonly mayBeGone: boolean;
}

/**
 * Makes records again of what the journal has newer than they are. Once the name of a record is on the disk, renames keep
 * it under one path or another: a record that is gone was removed by hand, and stays so.
 */
export function replay(layout: Layout, boot = bootId()): Replayed {
  const batches = incomingBatches(layout);
  const lines = new Map<TaskId, Line>();
  const spent: string[] = [];
  for (const { segment, shelf, isPublished } of segmentsOf(layout, batches)) {
    const isFromBefore = segment.bootId !== boot;
    if (isFromBefore) spent.push(shelf);
    // Within a boot nothing that was written can be missing, and a batch holds nothing that is newer.
    else if (segment.isBatch) continue;
    for (const task of segment.tasks()) {
      const known = lines.get(task.metadata.id)?.task.metadata.resourceVersion ?? 0;
      if (known <= task.metadata.resourceVersion)
        lines.set(task.metadata.id, { task, isFromBefore, mayBeGone: isFromBefore && !isPublished });
    }
  }
  const lost = [...lines.values()].filter((line) => isNewer(layout, line, batches));
  const errors = replaceFiles(
    lost.map(({ task }) => madeAgain(layout, task, batches)),
    layout.tmp,
  );
  for (const error of errors) if (error !== null) throw error;
  return { ids: lost.map(({ task }) => task.metadata.id), spent };
}

interface Source {
  readonly segment: Segment;
  /** Where it is once its batch is published. */
  readonly shelf: string;
  readonly isPublished: boolean;
}

function segmentsOf(layout: Layout, batches: readonly string[]): Source[] {
  const incoming = batches
    .map((batch) => ({ path: segmentOf(layout, batch), shelf: shelfPath(layout, batch), isPublished: false }))
    .filter(({ path }) => existsSync(path));
  const shelved = segmentPaths(layout).map((path) => ({ path, shelf: path, isPublished: true }));
  return [...incoming, ...shelved].map((source) => ({ ...source, segment: readSegment(source.path) }));
}

/** True where the record of a task is older than its line, or was lost. */
function isNewer(layout: Layout, line: Line, batches: readonly string[]): boolean {
  const { uid, resourceVersion } = line.task.metadata;
  let isLost = line.mayBeGone;
  for (const path of copiesOf(layout, line.task, batches)) {
    const read = readRecord(path);
    if (read.ok) {
      if (read.value.metadata.uid !== uid || read.value.metadata.resourceVersion >= resourceVersion)
        return false;
      isLost = true;
    } else if (read.error.type === "corrupt") isLost ||= line.isFromBefore;
    // What cannot be read for now, and what a newer stint wrote, is not to be overwritten.
    else if (read.error.type !== "missing") return false;
  }
  return isLost;
}

/**
 * Where the record is to be written: where the start-up looks for records that are to be moved, so that whoever is to hear
 * of an end hears of it. Copies elsewhere are older or spoilt.
 */
function madeAgain(layout: Layout, task: Task, batches: readonly string[]): FileText {
  const path = layout.record(task.status.state === "queued" ? "pending" : "running", task.metadata.id);
  for (const copy of copiesOf(layout, task, batches))
    if (copy !== path && existsSync(copy)) renameSync(copy, path);
  return { path, text: recordText(task) };
}

/** Every path that the record of a task may have, the likeliest first. */
function copiesOf(layout: Layout, { metadata: { id }, status }: Task, batches: readonly string[]): string[] {
  const likely = placeOf(status.state);
  const places = [likely, ...PLACES.filter((place) => place !== likely)];
  return [
    ...places.map((place) => layout.record(place, id)),
    ...batches.map((batch) => join(layout.incoming, batch, `${id}.json`)),
    layout.moving(id),
  ];
}
