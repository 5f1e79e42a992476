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
import { type QuarantineEntry, quarantine } from "./quarantine.ts";
import { readRecord, recordText } from "./record.ts";

/** What a start-up learns from the journal. */
export interface Replayed {
  /** Those whose record was older than its line or lost, and was made again. */
  readonly ids: readonly TaskId[];
  /** What holders wrote before the machine was down: the audit log may not have all of it. */
  readonly fromBefore: readonly Task[];
  readonly findings: QuarantineEntry[];
}

/** The newest line of a task. */
interface JournalEntry {
  readonly task: Task;
  /** The machine has been down since: what the record held may be spoilt. */
  readonly isFromBefore: boolean;
  /** The batch was not published: the name of the record may not have come to the disk. */
  readonly mayBeGone: boolean;
}

/**
 * Makes records again of what the journal has newer than they are, of all tasks or those in `statesFor`; safe to do again. Once the name of a record is on the
 * disk, renames keep it under one path or another: a record that is gone was removed by hand, and stays so.
 */
export function replay(layout: Layout, boot = bootId(), of?: ReadonlySet<TaskId>): Replayed {
  const findings: QuarantineEntry[] = [];
  const incoming = incomingPaths(layout);
  const lines = new Map<TaskId, JournalEntry>();
  for (const { segment, isPublished } of segmentsOf(layout, findings)) {
    const isFromBefore = segment.bootId !== boot || boot === UNKNOWN_BOOT;
    // Within a boot nothing that was written can be missing, and a batch holds nothing that is newer.
    if (!isFromBefore && segment.isBatch) continue;
    for (const task of segment.tasks()) {
      if (of?.has(task.metadata.id) === false) continue;
      const known = lines.get(task.metadata.id)?.task.metadata.resourceVersion ?? 0;
      if (known <= task.metadata.resourceVersion)
        lines.set(task.metadata.id, { task, isFromBefore, mayBeGone: isFromBefore && !isPublished });
    }
  }
  const isKnown = auditedAbove(layout, lines);
  const lost = [...lines.values()].filter((line) => isNewer(layout, line, { incoming, isKnown }));
  const texts = lost.map(({ task }) => madeAgain(layout, task, { incoming, findings }));
  for (const error of replaceFiles(texts, layout.tmp)) if (error !== null) throw error;
  const fromBefore = [...lines.values()].filter((line) => line.isFromBefore && !line.mayBeGone);
  return {
    ids: lost.map(({ task }) => task.metadata.id),
    fromBefore: fromBefore.map(({ task }) => task),
    findings,
  };
}

interface Source {
  readonly segment: Segment;
  readonly isPublished: boolean;
}

/** A submitter may publish its batch while we look. What is no file of ours is said, and left where it is. */
function segmentsOf(layout: Layout, findings: QuarantineEntry[]): Source[] {
  const incoming = incomingBatches(layout)
    .filter((batch) => existsSync(segmentOf(layout, batch)))
    .map((batch) => ({ paths: [segmentOf(layout, batch), shelfPath(layout, batch)], isPublished: false }));
  const shelved = segmentPaths(layout).map((path) => ({ paths: [path], isPublished: true }));
  return [...incoming, ...shelved].flatMap(({ paths, isPublished }): Source[] => {
    const path = paths.find((one) => existsSync(one)) ?? "";
    const read = tryFs("read a segment of the journal", () => readSegment(path));
    if (!read.ok) findings.push({ path, what: `left alone: ${read.error.message}` });
    return read.ok ? [{ segment: read.value, isPublished }] : [];
  });
}

/** Whether the audit log knows a task to have gone on from its first version: then a record that is gone was removed. */
function auditedAbove(layout: Layout, lines: ReadonlyMap<TaskId, JournalEntry>): (task: Task) => boolean {
  const candidates = [...lines.values()].filter(({ mayBeGone }) => mayBeGone).map(({ task }) => task);
  if (candidates.length === 0) return () => false;
  const since = new Map(
    candidates.map(({ metadata }) => [metadata.uid, Date.parse(metadata.createdAt)] as const),
  );
  const audited = auditedVersions(layout, since);
  return ({ metadata }) => (audited.get(metadata.uid) ?? 0) > 1;
}

/** The records of batches that are on their way, by their ids. */
function incomingPaths(layout: Layout): Map<TaskId, string> {
  return new Map(
    incomingBatches(layout).flatMap((batch) =>
      batchMembers(layout, batch).map((id) => [id, layout.batchRecord(batch, id)] as const),
    ),
  );
}

/** True where the record of a task is older than its line, or was lost. */
function isNewer(
  layout: Layout,
  line: JournalEntry,
  { incoming, isKnown }: { incoming: ReadonlyMap<TaskId, string>; isKnown: (task: Task) => boolean },
): boolean {
  const { uid, resourceVersion } = line.task.metadata;
  let isLost = line.mayBeGone && !isKnown(line.task);
  for (const path of copiesOf(layout, line.task, incoming)) {
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
 * of an end hears of it. Of what stands there or elsewhere, an older version gives way; what somebody wrote is put aside.
 */
function madeAgain(
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
    } else if (isBlank(copy)) rmSync(copy);
    else findings.push(quarantine(copy, "it was spoilt, and made again from the journal"));
  }
  return { path, text: recordText(task) };
}

/** True for what a power cut makes of a file whose name was on the disk before its content. */
function isBlank(path: string): boolean {
  return lstatSync(path).isFile() && /^\0*$/.test(readFileSync(path, "utf8"));
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
