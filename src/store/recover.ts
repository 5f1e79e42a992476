import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { failpoint } from "../lib/failpoint.ts";
import { bootId } from "../lib/host.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { idFromFileName, numberOf, type TaskId } from "../model/identity.ts";
import { directoryOf, isTerminal, PLACES, type StateDirectory } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { incomingBatches, publishBatch } from "./batch.ts";
import { checkpointSome } from "./checkpoint.ts";
import { isLong } from "./finder.ts";
import { tryFs } from "./fs-errors.ts";
import { dueSegments } from "./journal.ts";
import { type Layout, MOVING_ENDING } from "./layout.ts";
import { holdsNumber, raiseNumbers } from "./numbers.ts";
import {
  ASIDE,
  faultFinding,
  isThere,
  leftAlone,
  type QuarantineEntry,
  quarantine,
  unreadable,
} from "./quarantine.ts";
import { readRecord, readRecordOf } from "./record.ts";
import { RecordParts } from "./record-parts.ts";
import { replay } from "./replay.ts";
import { dropOldReplies } from "./requests.ts";
import type { RecordMove } from "./writer.ts";

/** An older staged file is of a process that died: staging takes a moment. */
const MAX_STAGED_AGE_MS = 600_000;

/** Each command and each short-lived supervisor leaves a segment: from so many on, a start checkpoints some. */
const MAX_SEGMENTS = 64;

/** In order of precedence: of two copies of a task, the one in running/ counts, and of two ended ones the one in dead-letter/. */
const UNFINISHED = ["running", "pending"] as const;
const ENDED = ["dead-letter", "done"] as const;

interface Listing {
  readonly place: StateDirectory;
  readonly ids: readonly TaskId[];
}

/** The result of a recovery. */
export interface Recovered {
  /** All unfinished tasks. */
  readonly tasks: Task[];
  /** Tasks that had ended, and whose records were not yet in done/ or dead-letter/. */
  readonly ended: Task[];
  readonly findings: QuarantineEntry[];
  /** Tasks whose record the system refused to read (too many open files, a failing disk), with the reason. */
  readonly unread: Map<TaskId, string>;
  /** Tasks whose record was older than the journal or lost in a power cut, and was written again. */
  readonly replayed: readonly TaskId[];
  /** The newest versions that the journal has from before this boot; see `Replayed`. */
  readonly fromBefore: readonly Task[];
}

export interface RecoverOptions {
  readonly announce?: (moved: readonly RecordMove[], known: readonly Task[]) => void;
  /** True for a command that owns the lock for a moment: in a long home it does not list the ended tasks. */
  readonly isPassing?: boolean;
}

/**
 * Finishes what a crash interrupted, and reads the unfinished tasks. Only the owner of the lock may call it, once, before it commits.
 *
 * Order of effects:
 * 1. `replay` writes records again that are older than their line in the journal, or were lost in a power cut.
 * 2. Records in tmp/ on their way out of done/ or dead-letter/ move to the directory of their state.
 * 3. Accepted batches are published. One that the system refuses stays in incoming/, and is tried again by the supervisor.
 * 4. Staged files older than ten minutes and unfetched replies are removed.
 * 5. running/ and pending/ are read in full. Records that belong elsewhere are announced, as in a commit, and then moved.
 * 6. done/ and dead-letter/ are listed, not read: a copy of a task with less precedence is quarantined.
 * 7. The state directories are synced, and where there are many segments, some are checkpointed.
 * 8. The next number is raised above every number that was found.
 *
 * Invariants: a record's state says in which directory it belongs, so every move follows from the file alone; a record is never
 * overwritten or deleted, only moved or quarantined; a record that the system refuses to read, or that a newer version wrote, stays.
 *
 * After a crash between two steps the next start repeats all of them. Ends may be announced twice, under the same ids.
 */
export function recover(
  layout: Layout,
  nowMs: number,
  { announce = () => {}, isPassing = false }: RecoverOptions = {},
): Recovered {
  mkdirSync(layout.journal, { recursive: true, mode: 0o700 });
  const { ids: replayed, fromBefore, findings, unread } = replay(layout);
  failpoint("recover:replayed");
  const found: Recovered = { tasks: [], ended: [], findings, unread: new Map(unread), replayed, fromBefore };
  finishMoves(layout, found, readdirSync(layout.tmp));
  for (const batch of incomingBatches(layout)) {
    const published = tryFs("publish", () => publishBatch(layout, batch, found.findings));
    if (!published.ok) found.findings.push(leftAlone(layout.batch(batch), published.error.message));
  }
  dropStaged(layout, nowMs);
  // Here too: a short-lived owner of the lock ends before its first cleanup of them.
  dropOldReplies(layout, nowMs);
  const loading: Loading = { found, ranks: new Map(), moves: [] };
  const isBrief = isPassing && isLong(layout) && holdsNumber(layout);
  // Before anything is quarantined: the number of a corrupt record is in use too.
  const listings = isBrief ? [] : ENDED.map((place) => listedIds(layout, place));
  // As late as possible: a submitter may publish its own batch until it sees the lock.
  const unfinished = loadUnfinished(layout, loading, {
    listing: (place) => listedIds(layout, place),
    announce,
  });
  const ended = isBrief ? ENDED.map((place) => copiesIn(layout, { place, unfinished })) : listings;
  dropCopies(layout, { ended, loading });
  for (const place of PLACES) syncDirectory(layout.place(place));
  const segments = dueSegments(layout);
  // Not while a record is unreadable: the journal may have a newer version of it.
  if (segments.length >= MAX_SEGMENTS && found.unread.size === 0)
    found.findings.push(...checkpointSome(layout, segments));
  const lists = [...unfinished, ...ended].map(({ ids }) => ids);
  raiseNumbers(
    layout,
    Math.max(...lists.map((ids) => ids.reduce((most, id) => Math.max(most, numberOf(id)), 0))),
  );
  return found;
}

/** Repeats the recovery for tasks whose records could not be read before, and for them alone. */
export function recoverUnread(
  layout: Layout,
  unread: ReadonlySet<TaskId>,
  announce: NonNullable<RecoverOptions["announce"]>,
): Recovered {
  const { ids: replayed, fromBefore, findings, unread: left } = replay(layout, bootId(), unread);
  const found: Recovered = { tasks: [], ended: [], findings, unread: new Map(left), replayed, fromBefore };
  const moving = [...unread].map((id) => basename(layout.moving(id)));
  finishMoves(
    layout,
    found,
    moving.filter((name) => isThere(join(layout.tmp, name))),
  );
  const loading: Loading = { found, ranks: new Map(), moves: [] };
  const listing = (place: StateDirectory): Listing => ({
    place,
    ids: [...unread].filter((id) => isThere(layout.record(place, id))),
  });
  const unfinished = loadUnfinished(layout, loading, { listing, announce });
  dropCopies(layout, { ended: ENDED.map((place) => copiesIn(layout, { place, unfinished })), loading });
  for (const place of PLACES) syncDirectory(layout.place(place));
  return found;
}

/** Reads the unfinished tasks, and moves records that belong elsewhere. */
function loadUnfinished(
  layout: Layout,
  loading: Loading,
  {
    listing,
    announce,
  }: {
    readonly listing: (place: StateDirectory) => Listing;
    readonly announce: NonNullable<RecoverOptions["announce"]>;
  },
): Listing[] {
  const { found, moves } = loading;
  const listings = UNFINISHED.map((place) => {
    const list = listing(place);
    load(layout, list, loading);
    return list;
  });
  // Before the moves, as in a commit: after them nothing shows that these ends have not been announced.
  announce(
    moves.map(({ task }) => ({ before: null, after: task })),
    found.tasks,
  );
  for (const { path, target } of moves) found.findings.push(...moveHome(path, target));
  return listings;
}

/** Moves records on their way out of done/ or dead-letter/: back where the new version was not written, else on. */
function finishMoves(layout: Layout, found: Recovered, names: readonly string[]): void {
  for (const name of names) {
    if (!name.endsWith(MOVING_ENDING)) continue;
    const path = join(layout.tmp, name);
    const read = readRecord(path);
    const id = idFromFileName(`${basename(name, MOVING_ENDING)}.json`);
    if (!read.ok && read.error.type === "unreadable" && id !== null)
      found.unread.set(id, unreadable(path, read.error.errno));
    else if (!read.ok) found.findings.push(faultFinding(path, read.error));
    else {
      const { metadata, status } = read.value;
      const target = layout.record(directoryOf(status.state), metadata.id);
      if (path === layout.moving(metadata.id)) found.findings.push(...moveHome(path, target));
      else found.findings.push(quarantine(path, `it says that it is ${metadata.id}`));
    }
  }
}

/** Moves a record to where it belongs. A record that is there already is a copy of less precedence, and is quarantined. */
function moveHome(path: string, target: string): QuarantineEntry[] {
  const findings = isThere(target) ? [quarantine(target, "a record of the same task belongs here")] : [];
  renameSync(path, target);
  failpoint("recover:moved");
  return findings;
}

/** Removes old staged files; quarantined files stay, and a record that could not be moved is still a record. */
function dropStaged(layout: Layout, nowMs: number): void {
  for (const name of readdirSync(layout.tmp)) {
    if (name === ASIDE || name.endsWith(MOVING_ENDING)) continue;
    const path = join(layout.tmp, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && nowMs - stat.mtimeMs > MAX_STAGED_AGE_MS)
      rmSync(path, { recursive: true, force: true });
  }
}

/** A record that belongs elsewhere. */
interface Move {
  readonly path: string;
  readonly target: string;
  readonly task: Task;
}

interface Loading {
  readonly found: Recovered;
  /** The directory whose record of a task counts: one id in two directories was copied by hand. */
  readonly ranks: Map<TaskId, StateDirectory>;
  readonly moves: Move[];
}

/** Reads one directory; notes the records that belong elsewhere, and quarantines what is no valid record. */
function load(layout: Layout, { place, ids }: Listing, { found, ranks, moves }: Loading): void {
  const parts = new RecordParts();
  for (const id of ids) {
    const path = layout.record(place, id);
    const counts = ranks.get(id);
    // Its record is about to be moved here.
    if (counts === place) continue;
    if (counts !== undefined) {
      found.findings.push(quarantine(path, `the task is in ${counts}/ too`));
      continue;
    }
    const read = readRecordOf(id, { path, parts });
    if (!read.ok) {
      if (read.error.type === "missing") continue;
      if (read.error.type === "unreadable") found.unread.set(id, unreadable(path, read.error.errno));
      else found.findings.push(faultFinding(path, read.error));
      if (read.error.type !== "corrupt") ranks.set(id, place);
      continue;
    }
    const task = read.value;
    if (task.metadata.id !== id) {
      found.findings.push(quarantine(path, `it says that it is ${task.metadata.id}`));
      continue;
    }
    const home = directoryOf(task.status.state);
    if (home !== place) moves.push({ path, target: layout.record(home, id), task });
    ranks.set(id, home);
    // A moment ago, in the replay, it could not be read.
    found.unread.delete(id);
    if (isTerminal(task.status.state)) found.ended.push(task);
    else found.tasks.push(task);
  }
}

/** Quarantines copies of tasks among the ended ones, by their names alone: a start does not read these records. */
function dropCopies(
  layout: Layout,
  { ended, loading }: { ended: readonly Listing[]; loading: Loading },
): void {
  const { found, ranks } = loading;
  for (const { place, ids } of ended) {
    for (const id of ids) {
      const counts = ranks.get(id) ?? null;
      if (counts === null && place === "dead-letter") ranks.set(id, place);
      if (counts === null || counts === place) continue;
      // A move before may have quarantined it already.
      if (isThere(layout.record(place, id)))
        found.findings.push(quarantine(layout.record(place, id), `the task is in ${counts}/ too`));
    }
  }
}

/** The ids in a directory, sorted: reading in about the order of creation is faster than in that of readdir(3), by hash on ext4. */
function listedIds(layout: Layout, place: StateDirectory): Listing {
  const ids: TaskId[] = [];
  for (const name of readdirSync(layout.place(place)).sort()) {
    const id = idFromFileName(name);
    if (id !== null) ids.push(id);
  }
  return { place, ids };
}

/** The unfinished tasks that have a record in another directory too. */
function copiesIn(
  layout: Layout,
  { place, unfinished }: { place: StateDirectory; unfinished: readonly Listing[] },
): Listing {
  const ids = unfinished.flatMap((listing) => listing.ids).filter((id) => isThere(layout.record(place, id)));
  return { place, ids };
}
