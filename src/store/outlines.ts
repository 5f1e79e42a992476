import { systemClock } from "../lib/clock.ts";
import { Stamps } from "../lib/long-folder.ts";
import { ok } from "../lib/result.ts";
import { wholeOf } from "../lib/steps.ts";
import { numberOf, type TaskId } from "../model/identity.ts";
import type { Outline } from "../model/outline.ts";
import { directoryOf, ENDED_PLACES, type EndedPlace, type StateDirectory } from "../model/state.ts";
import { forgetOutlines, type Kept, KeptOutlines, keepOutlines } from "./kept-outlines.ts";
import type { Layout } from "./layout.ts";
import { type Listing, listing, SPAN } from "./listing.ts";
import { eachTask, TaskReader } from "./reader.ts";
import { readRecordOf } from "./record.ts";
import { RecordParts } from "./record-parts.ts";

/** Fewer records are read in no time, so their outlines are not cached. */
const MANY = 2_000;
/** The outline of a record that was changed more recently is not cached: see `newest.ts`. */
const SETTLED_MS = 3_000;
/** Records between two reports of progress. */
const TELL_EACH = 512;
const ALL_NUMBERS: NumberRange = { first: 0, last: Number.POSITIVE_INFINITY };

/** One file of a folder of ended tasks; the outline is null where it is not a valid record of a task that belongs there. */
export interface EndedFile {
  readonly id: TaskId;
  readonly outline: Outline | null;
}

/** Numbers in a row. */
interface NumberRange {
  readonly first: number;
  readonly last: number;
}

export interface LookOptions {
  /** Wall clock, in ms since the epoch; by default the machine's, as the times of files are. */
  readonly nowMs?: number;
  /** The listing of the folder, where there is one already. */
  readonly listed?: Listing;
  /** Only tasks with these numbers, and what is read along with them. */
  readonly range?: NumberRange;
  /** Called now and then with the number of records done, and of all. */
  readonly onProgress?: (count: number, all: number) => void;
}

/**
 * Yields the outlines of the records in a folder of ended tasks. In a folder of thousands they are cached, and an outline counts while
 * its record has the same inode and change time. So the folder is listed, each record costs one stat(2), and only new ones are read.
 */
export function* endedFiles(
  layout: Layout,
  place: EndedPlace,
  {
    nowMs = systemClock.now(),
    listed = wholeOf(listing(layout, place)),
    range = ALL_NUMBERS,
    onProgress = () => {},
  }: LookOptions = {},
): Generator<EndedFile> {
  const isKept = listed.count > MANY;
  if (isKept) forgetOutlines(layout, place, listed.spans.keys());
  using stamps = isKept ? new Stamps(layout.place(place)) : null;
  const parts = new RecordParts();
  let count = 0;
  for (const [span, all] of listed.spans) {
    if (span > range.last || span + SPAN <= range.first) continue;
    // What is cached of a span is cached as a whole.
    const members = isKept ? all : all.filter((id) => isIn(range, numberOf(id)));
    const before = stamps === null ? null : new KeptOutlines(layout, place, span);
    const kept: Kept[] = [];
    let isChanged = false;
    for (const id of members) {
      // Before it is read: a change made meanwhile has a later time.
      const stamp = stamps?.of(`${id}.json`) ?? null;
      const known = stamp === null ? undefined : before?.of(id, stamp);
      const outline = known ?? outlineIn(layout, { place, id, parts });
      if (stamp !== null && outline !== null && nowMs - stamp.changedMs > SETTLED_MS) {
        kept.push({ outline, stamp });
        isChanged ||= outline !== known;
      }
      yield { id, outline };
      count += 1;
      if (count % TELL_EACH === 0) onProgress(count, listed.count);
    }
    if (before !== null && (isChanged || kept.length !== before.size))
      keepOutlines(layout, kept, { place, span });
  }
}

function isIn({ first, last }: NumberRange, number: number): boolean {
  return number >= first && number <= last;
}

/** All tasks of some directories, each once: unfinished ones in full, ended ones as outlines. Unreadable ones are left to `doctor`. */
export function* eachOutline(
  layout: Layout,
  places: readonly StateDirectory[],
  options: Pick<LookOptions, "onProgress"> = {},
): Generator<Outline> {
  const given = new Set<TaskId>();
  const unfinished = places.filter((place) => place === "running" || place === "pending");
  for (const task of eachTask(layout, unfinished)) {
    given.add(task.metadata.id);
    yield task;
  }
  const reader = new TaskReader(layout);
  for (const place of ENDED_PLACES.filter((one) => places.includes(one))) {
    for (const { id, outline } of endedFiles(layout, place, options)) {
      if (given.has(id)) continue;
      const read = outline === null ? reader.read(id) : ok(outline);
      if (read.ok) yield read.value;
    }
  }
}

function outlineIn(
  layout: Layout,
  { place, id, parts }: { readonly place: EndedPlace; readonly id: TaskId; readonly parts: RecordParts },
): Outline | null {
  const read = readRecordOf(id, { path: layout.record(place, id), parts });
  if (!read.ok || read.value.metadata.id !== id) return null;
  return directoryOf(read.value.status.state) === place ? read.value : null;
}
