import { errnoOf } from "../../lib/errno.ts";
import { namesIn, type Stamp, Stamps } from "../../lib/long-folder.ts";
import { chunksOf, type Steps } from "../../lib/steps.ts";
import { idFromFileName, type TaskId } from "../../model/identity.ts";
import { ENDED_PLACES, type EndedPlace, isTerminal, type StateDirectory } from "../../model/state.ts";
import { incomingBatches } from "../../store/batch.ts";
import type { Layout } from "../../store/layout.ts";
import { listing } from "../../store/listing.ts";
import { endedFiles } from "../../store/outlines.ts";
import { movingIds, TaskReader } from "../../store/reader.ts";
import { type MirrorTasks, newestEnded } from "./tasks.ts";

/** A file that was changed more recently may change again within one tick of the file system's clock; see `newest.ts`. */
const SETTLED_MS = 3_000;
/** Work that takes a fraction of a millisecond. */
const A_STEP = 200;

interface Scanned {
  readonly layout: Layout;
  readonly tasks: MirrorTasks;
  /** Wall clock, in ms since the epoch. */
  readonly nowMs: number;
}

/**
 * Brings the mirror in line with the folders: each record whose file has another inode or change time is read, and of ended tasks only
 * the newest. A task that moves meanwhile is looked for once more before it is forgotten.
 */
export function* scanningHome(of: Scanned): Steps<void> {
  const { layout, tasks } = of;
  const reader = new TaskReader(layout);
  const seen = new Set<TaskId>();
  // A task that moves from pending/ to running/ while they are listed is in neither list: running/ is listed again.
  for (const place of ["running", "pending", "running"] as const)
    yield* scanningPlace(of, { place, reader, seen, ids: idsBelow(layout.place(place)) });
  for (const batch of incomingBatches(layout)) yield* scanningBatch(of, { batch, reader, seen });
  for (const id of movingIds(layout).filter((one) => !seen.has(one))) {
    seen.add(id);
    refresh(of, id, { reader });
    yield;
  }
  yield* scanningEnded(of, { reader, seen });
  const gone: TaskId[] = [];
  for (const some of chunksOf(tasks.inOrder, A_STEP)) {
    for (const { id } of some) if (!seen.has(id)) gone.push(id);
    yield;
  }
  for (const id of gone) {
    refresh(of, id, { reader });
    yield;
  }
}

/** Reads a task wherever it is now. */
export function refresh(
  { layout, tasks }: Pick<Scanned, "layout" | "tasks">,
  id: TaskId,
  {
    reader = new TaskReader(layout),
    stamp = null,
  }: { readonly reader?: TaskReader; readonly stamp?: Stamp | null } = {},
): boolean {
  const read = reader.read(id);
  if (read.ok) return tasks.put(read.value, stamp);
  // What the system refuses to read now may be as it was.
  return read.error.type === "unreadable" ? false : tasks.remove(id);
}

interface Looking {
  readonly reader: TaskReader;
  readonly seen: Set<TaskId>;
}

/** Reads what an accepted batch has left. */
export function* scanningBatch(
  of: Pick<Scanned, "layout" | "tasks">,
  { batch, reader, seen }: Looking & { readonly batch: string },
): Steps<void> {
  for (const id of idsBelow(of.layout.batch(batch))) {
    if (id !== null && !seen.has(id)) {
      seen.add(id);
      refresh(of, id, { reader });
    }
    yield;
  }
}

function* scanningPlace(
  of: Scanned,
  {
    place,
    reader,
    seen,
    ids,
  }: Looking & { readonly place: StateDirectory; readonly ids: Iterable<TaskId | null> },
): Steps<void> {
  using stamps = new Stamps(of.layout.place(place));
  for (const id of ids) {
    if (id !== null && !seen.has(id)) {
      seen.add(id);
      // Before it is read: a change made meanwhile has a later time.
      const stamp = stamps.of(`${id}.json`);
      const known = of.tasks.of(id);
      const isKnown = known?.stamp?.ino === stamp?.ino && known?.stamp?.changedMs === stamp?.changedMs;
      const isSettled = stamp !== null && of.nowMs - stamp.changedMs > SETTLED_MS;
      if (!isKnown || known === undefined || known.stamp === null)
        refresh(of, id, { reader, stamp: isSettled ? stamp : null });
    }
    yield;
  }
}

function* scanningEnded(of: Scanned, looking: Looking): Steps<void> {
  const { tasks } = of;
  const folders: { readonly place: EndedPlace; readonly ids: TaskId[] }[] = [];
  for (const place of ENDED_PLACES) {
    const { spans } = yield* listing(of.layout, place);
    folders.push({ place, ids: [...spans.values()].flat() });
    yield;
  }
  const newest = newestEnded(folders.map(({ ids }) => ids));
  for (const { place, ids } of folders) {
    yield* tasks.add(ids, place === "dead-letter" ? "failed" : null);
    const looked: TaskId[] = [];
    for (const some of chunksOf(ids, A_STEP)) {
      for (const id of some) {
        const { state = null } = tasks.of(id) ?? {};
        // One that is unfinished in memory has ended meanwhile.
        if (newest.has(id) || (state !== null && !isTerminal(state))) looked.push(id);
        else looking.seen.add(id);
      }
      yield;
    }
    for (const id of looked) looking.seen.delete(id);
    yield* scanningPlace(of, { ...looking, place, ids: looked });
  }
}

/** None where the folder is gone: a batch that was published has none. */
function* idsBelow(folder: string): Generator<TaskId | null> {
  try {
    for (const names of namesIn(folder)) for (const name of names) yield idFromFileName(name);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

/** Looks up how older tasks in done/ have ended: by their outlines, which are cached in a long home. */
export function* counting({ layout, tasks, nowMs }: Scanned): Steps<void> {
  if ((tasks.counts.get(null) ?? 0) === 0) return;
  const listed = yield* listing(layout, "done");
  for (const { id, outline } of endedFiles(layout, "done", { nowMs, listed })) {
    if (outline !== null) tasks.tell(id, outline.status.state);
    yield;
  }
}
