import { existsSync, lstatSync, readFileSync, renameSync, rmSync } from "node:fs";

import { bootId, UNKNOWN_BOOT } from "../lib/host.ts";
import type { TaskId } from "../model/identity.ts";
import { directoryOf, PLACES } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { auditedVersions } from "./audit-chain.ts";
import { batchMembers, incomingBatches, segmentOf } from "./batch.ts";
import { type FileText, replaceFiles } from "./durable.ts";
import { tryFs } from "./fs-errors.ts";
import { readSegment, type Segment, segmentPaths, shelfPath } from "./journal.ts";
import type { Layout } from "./layout.ts";
import { isThere, leftAlone, type QuarantineEntry, quarantineReplaced, unreadable } from "./quarantine.ts";
import { readRecord, recordText } from "./record.ts";

/** What a start learned from the journal. */
export interface Replayed {
  /** The tasks whose record was older than its line or lost, and was written again. */
  readonly ids: readonly TaskId[];
  /** The newest versions that were committed before this boot: the audit log may lack them. */
  readonly fromBefore: readonly Task[];
  /** Tasks with a record that cannot be read for now, which a power cut may have lost; and why. */
  readonly unread: ReadonlyMap<TaskId, string>;
  readonly findings: QuarantineEntry[];
}

/** The newest line of a task in the journal. */
interface JournalEntry {
  readonly task: Task;
  /** Written before this boot: a power cut may have corrupted the record since. */
  readonly isFromBefore: boolean;
  /** Its batch is not known to have been published before a power cut: the name of the record may not be durable. */
  readonly mayBeGone: boolean;
}

/**
 * Writes records again that are older than their newest line in the journal, of all tasks or of those in `of`. A commit is made once its
 * line is in the journal; a crash or power cut may leave the record behind it.
 *
 * Order of effects:
 * 1. All segments are read, those of unpublished batches first, and the newest version of each task is kept. Segments of batches from
 *    this boot are skipped: only a power cut loses a record that was written, and they hold first versions.
 * 2. For each task, every path that its record may have is read. One copy that is as new as the line ends it. Otherwise the record is
 *    lost where a copy is older, or is corrupt: in pending/ only from before this boot, as people edit there. A missing one is lost only where the batch was not published before
 *    a power cut and the audit log knows no later version: the name of a published record is durable, and renames keep it, so
 *    otherwise it was removed by hand and stays removed.
 * 3. For each lost record, an older copy is renamed to the path where recovery reads it, running/ or pending/; an empty or zero-filled
 *    file is removed; any other corrupt one is quarantined.
 * 4. The versions of the journal are staged and renamed into place, with a sync. Recovery then moves them to the directory of their
 *    state, and announces them.
 *
 * Invariants: a record never gets older; a record that cannot be read for now, or that a newer version of stint wrote, is not touched,
 * and the first is reported where a power cut may have lost it, for another try; segments stay until a checkpoint. A crash between two steps loses nothing, as the segments stay: the next start repeats all of them.
 */
export function replay(layout: Layout, boot = bootId(), of?: ReadonlySet<TaskId>): Replayed {
  const findings: QuarantineEntry[] = [];
  const incoming = incomingPaths(layout);
  const lines = new Map<TaskId, JournalEntry>();
  for (const { segment, isPublished } of segmentsOf(layout, findings)) {
    const isFromBefore = segment.bootId !== boot || boot === UNKNOWN_BOOT;
    // Within a boot, no written record can be missing, and a batch has no newer version.
    if (!isFromBefore && segment.isBatch) continue;
    for (const task of segment.tasks()) {
      if (of?.has(task.metadata.id) === false) continue;
      const known = lines.get(task.metadata.id)?.task.metadata.resourceVersion ?? 0;
      if (known <= task.metadata.resourceVersion)
        lines.set(task.metadata.id, { task, isFromBefore, mayBeGone: isFromBefore && !isPublished });
    }
  }
  const isKnown = auditedAbove(layout, lines);
  const unread = new Map<TaskId, string>();
  const lost = [...lines.values()].filter((line) => isNewer(layout, line, { incoming, isKnown, unread }));
  const texts = lost.map(({ task }) => prepareRewrite(layout, task, { incoming, findings }));
  for (const error of replaceFiles(texts, layout.tmp)) if (error !== null) throw error;
  const fromBefore = [...lines.values()].filter((line) => line.isFromBefore && !line.mayBeGone);
  return {
    ids: lost.map(({ task }) => task.metadata.id),
    fromBefore: fromBefore.map(({ task }) => task),
    unread,
    findings,
  };
}

interface Source {
  readonly segment: Segment;
  readonly isPublished: boolean;
}

/** The segments; a submitter may publish its batch meanwhile. A file that is no segment is reported, and stays. */
function segmentsOf(layout: Layout, findings: QuarantineEntry[]): Source[] {
  const incoming = incomingBatches(layout)
    .filter((batch) => existsSync(segmentOf(layout, batch)))
    .map((batch) => ({ paths: [segmentOf(layout, batch), shelfPath(layout, batch)], isPublished: false }));
  const shelved = segmentPaths(layout).map((path) => ({ paths: [path], isPublished: true }));
  return [...incoming, ...shelved].flatMap(({ paths, isPublished }): Source[] => {
    const path = paths.find((one) => existsSync(one)) ?? "";
    const read = tryFs("read a segment of the journal", () => readSegment(path));
    if (!read.ok) findings.push(leftAlone(path, read.error.message));
    return read.ok ? [{ segment: read.value, isPublished }] : [];
  });
}

/** Returns whether the audit log has a later version of a task than the first: then a missing record was removed by hand. */
function auditedAbove(layout: Layout, lines: ReadonlyMap<TaskId, JournalEntry>): (task: Task) => boolean {
  const candidates = [...lines.values()].filter(({ mayBeGone }) => mayBeGone).map(({ task }) => task);
  if (candidates.length === 0) return () => false;
  const since = new Map(
    candidates.map(({ metadata }) => [metadata.uid, Date.parse(metadata.createdAt)] as const),
  );
  const audited = auditedVersions(layout, since);
  return ({ metadata }) => (audited.get(metadata.uid) ?? 0) > 1;
}

/** The paths of records in unpublished batches, by their ids. */
function incomingPaths(layout: Layout): Map<TaskId, string> {
  return new Map(
    incomingBatches(layout).flatMap((batch) =>
      batchMembers(layout, batch).map((id) => [id, layout.batchRecord(batch, id)] as const),
    ),
  );
}

interface Known {
  readonly incoming: ReadonlyMap<TaskId, string>;
  readonly isKnown: (task: Task) => boolean;
  readonly unread: Map<TaskId, string>;
}

/** True where the record of a task is older than its line, or was lost. One that cannot be read goes into `unread`. */
function isNewer(layout: Layout, line: JournalEntry, { incoming, isKnown, unread }: Known): boolean {
  const { id, uid, resourceVersion } = line.task.metadata;
  let isLost = line.mayBeGone && !isKnown(line.task);
  for (const path of copiesOf(layout, line.task, incoming)) {
    const read = readRecord(path);
    if (read.ok) {
      if (read.value.metadata.uid !== uid || read.value.metadata.resourceVersion >= resourceVersion)
        return false;
      isLost = true;
    } else if (read.error.type === "corrupt")
      isLost ||= line.isFromBefore || !isEdited(layout, path, line.task);
    // A record that cannot be read for now, or that a newer version wrote, must not be overwritten.
    else if (read.error.type !== "missing") {
      if (read.error.type === "unreadable" && line.isFromBefore)
        unread.set(id, unreadable(path, read.error.errno));
      return false;
    }
  }
  return isLost;
}

/**
 * Clears the paths of a lost record, and returns the file to write. It goes to running/ or pending/, which recovery reads, so that an end
 * is announced. An older version gives way; any other content is quarantined.
 */
function prepareRewrite(
  layout: Layout,
  task: Task,
  { incoming, findings }: { incoming: ReadonlyMap<TaskId, string>; findings: QuarantineEntry[] },
): FileText {
  const place = task.status.state === "queued" ? "pending" : "running";
  const path = layout.record(place, task.metadata.id);
  for (const copy of copiesOf(layout, task, incoming)) {
    if (lstatSync(copy, { throwIfNoEntry: false }) === undefined) continue;
    const read = readRecord(copy);
    if (read.ok) {
      if (copy !== path) renameSync(copy, path);
    } else if (isBlank(copy)) {
      if (copy !== path) rmSync(copy);
    } else {
      findings.push(quarantineReplaced(copy, "it was corrupt, and was written again from the journal"));
      if (copy !== path && isThere(copy)) renameSync(copy, path);
    }
  }
  return { path, text: recordText(task) };
}

/** True for a file whose name was durable before a power cut, and whose content was not: it is empty or zeros. */
function isBlank(path: string): boolean {
  return lstatSync(path).isFile() && /^\0*$/.test(readFileSync(path, "utf8"));
}

/** True where people may have edited a record into what it is: an older text of a queued task must not run instead. */
function isEdited(layout: Layout, path: string, { metadata, status }: Task): boolean {
  return status.state === "queued" && path === layout.record("pending", metadata.id);
}

/** Every path that the record of a task may have, the likeliest first. */
function copiesOf(
  layout: Layout,
  { metadata: { id }, status }: Task,
  incoming: ReadonlyMap<TaskId, string>,
): string[] {
  const likely = directoryOf(status.state);
  const places = [likely, ...PLACES.filter((place) => place !== likely)];
  const onItsWay = incoming.get(id);
  return [
    ...places.map((place) => layout.record(place, id)),
    ...(onItsWay === undefined ? [] : [onItsWay]),
    layout.moving(id),
  ];
}
