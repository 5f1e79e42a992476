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
import { problemFromErrno, tryFs } from "./fs-errors.ts";
import { dueSegments } from "./journal.ts";
import { type Layout, MOVING_ENDING } from "./layout.ts";
import { holdsNumber, raiseNumbers } from "./numbers.ts";
import { ASIDE, isThere, type QuarantineEntry, quarantine } from "./quarantine.ts";
import { type RecordFault, readRecord, readRecordOf } from "./record.ts";
import { RecordParts } from "./record-parts.ts";
import { replay } from "./replay.ts";
import { dropOldReplies } from "./requests.ts";
import type { RecordMove } from "./writer.ts";

/** Staged files this old belong to a process that died: nothing is staged for longer than a moment. */
const MAX_STAGED_AGE_MS = 600_000;

/** Commands leave a segment each, and supervisors that do not stay long: of so many, a start sees to some. */
const MAX_SEGMENTS = 64;

/** In the order of their weight: of two copies of a task, that in running/ counts, and of two ended ones that in dead-letter/. */
const UNENDED = ["running", "pending"] as const;
const ENDED = ["dead-letter", "done"] as const;

interface Listing {
  readonly place: StateDirectory;
  readonly ids: readonly TaskId[];
}

/** What a start-up finds: every task that is not ended, and what had to be put in order. */
export interface Recovered {
  readonly tasks: Task[];
  /** Those that had ended and were not yet where ended ones belong. */
  readonly ended: Task[];
  readonly findings: QuarantineEntry[];
  /** Those whose record the system did not let go, as where too many files are open: nothing is known of them. */
  readonly unread: Map<TaskId, string>;
  /** Those whose record was older than the journal, or lost in a power cut, and was made again. */
  readonly replayed: readonly TaskId[];
  /** The newest of what the journal has of them from before the machine was down. */
  readonly fromBefore: readonly Task[];
}

export interface RecoverOptions {
  readonly announce?: (moved: readonly RecordMove[], known: readonly Task[]) => void;
  /** Of a long home, whoever holds it for a moment only lists none of what has ended. */
  readonly isPassing?: boolean;
}

/**
 * Finishes what a crash left half done and reads what is to be worked on. Only the holder of the lock may. Safe to be
 * killed and done again: every step moves one file to where its own content says it belongs.
 */
export function recover(
  layout: Layout,
  nowMs: number,
  { announce = () => {}, isPassing = false }: RecoverOptions = {},
): Recovered {
  mkdirSync(layout.journal, { recursive: true, mode: 0o700 });
  const { ids: replayed, fromBefore, findings } = replay(layout);
  failpoint("recover:replayed");
  const found: Recovered = { tasks: [], ended: [], findings, unread: new Map(), replayed, fromBefore };
  finishMoves(layout, found, readdirSync(layout.tmp));
  for (const batch of incomingBatches(layout)) {
    const published = tryFs("publish", () => publishBatch(layout, batch, found.findings));
    if (!published.ok) found.findings.push(leftAlone(layout.batch(batch), published.error.message));
  }
  dropStaged(layout, nowMs);
  // Here too: a holder may be gone again before its first chores.
  dropOldReplies(layout, nowMs);
  const loading: Loading = { found, ranks: new Map(), moves: [] };
  const isBrief = isPassing && isLong(layout) && holdsNumber(layout);
  // Before anything is put aside: a spoilt record's number is taken too.
  const listings = isBrief ? [] : ENDED.map((place) => listedIds(layout, place));
  // As late as can be: who submits may publish what it submitted by itself until it sees the lock.
  const unfinished = loadUnended(layout, loading, { listing: (place) => listedIds(layout, place), announce });
  const ended = isBrief ? ENDED.map((place) => endedToo(layout, { place, unfinished })) : listings;
  dropCopies(layout, { ended, loading });
  for (const place of PLACES) syncDirectory(layout.place(place));
  const segments = dueSegments(layout);
  // The journal may have a newer version of what cannot be read.
  if (segments.length >= MAX_SEGMENTS && found.unread.size === 0)
    found.findings.push(...checkpointSome(layout, segments));
  raiseNumbers(layout, Math.max(...[...unfinished, ...ended].map(highest)));
  return found;
}

/** The same once more for tasks whose records the system did not let go then, and for them alone. */
export function recoverUnread(
  layout: Layout,
  unread: ReadonlySet<TaskId>,
  announce: NonNullable<RecoverOptions["announce"]>,
): Recovered {
  const { ids: replayed, fromBefore, findings } = replay(layout, bootId(), unread);
  const found: Recovered = { tasks: [], ended: [], findings, unread: new Map(), replayed, fromBefore };
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
  const unfinished = loadUnended(layout, loading, { listing, announce });
  dropCopies(layout, { ended: ENDED.map((place) => endedToo(layout, { place, unfinished })), loading });
  for (const place of PLACES) syncDirectory(layout.place(place));
  return found;
}

/** Reads what has not ended, and moves what belongs elsewhere. */
function loadUnended(
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
  const listings = UNENDED.map((place) => {
    const list = listing(place);
    load(layout, list, loading);
    return list;
  });
  // Before the moves, as in a commit: after them nothing tells that these have just come to where they belong.
  announce(
    moves.map(({ task }) => ({ before: null, after: task })),
    found.tasks,
  );
  for (const { path, target } of moves) found.findings.push(...moveHome(path, target));
  return listings;
}

/** Where the record of a task is that counts: one id in two directories comes of copying by hand. */
type Ranks = Map<TaskId, StateDirectory>;

/** Records on their way out of done/ or dead-letter/: before the write they go back, after it they go on. */
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
      const isItself = path === layout.moving(metadata.id);
      found.findings.push(
        ...(isItself
          ? moveHome(path, layout.record(directoryOf(status.state), metadata.id))
          : [quarantine(path, `it says that it is ${metadata.id}`)]),
      );
    }
  }
}

/** Moves a record to where it belongs. What stands there is a copy of less weight: it is put aside, never overwritten. */
function moveHome(path: string, target: string): QuarantineEntry[] {
  const findings = isThere(target) ? [quarantine(target, "a record of the same task belongs here")] : [];
  renameSync(path, target);
  failpoint("recover:moved");
  return findings;
}

/** What is put aside stays, and what could not be moved is a record still. */
function dropStaged(layout: Layout, nowMs: number): void {
  for (const name of readdirSync(layout.tmp)) {
    if (name === ASIDE || name.endsWith(MOVING_ENDING)) continue;
    const path = join(layout.tmp, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && nowMs - stat.mtimeMs > MAX_STAGED_AGE_MS)
      rmSync(path, { recursive: true, force: true });
  }
}

/** A record that a crash kept from where it belongs. */
interface Move {
  readonly path: string;
  readonly target: string;
  readonly task: Task;
}

interface Loading {
  readonly found: Recovered;
  readonly ranks: Ranks;
  readonly moves: Move[];
}

/** Reads one directory; what says that it belongs elsewhere is to be moved there, what is no record is put aside. */
function load(layout: Layout, { place, ids }: Listing, { found, ranks, moves }: Loading): void {
  const parts = new RecordParts();
  for (const id of ids) {
    const path = layout.record(place, id);
    const counts = ranks.get(id);
    // It is moved here in a moment.
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
    if (isTerminal(task.status.state)) found.ended.push(task);
    else found.tasks.push(task);
  }
}

/** What is made of a record that cannot be used: only what is spoilt for certain is put aside. */
function faultFinding(path: string, fault: RecordFault): QuarantineEntry {
  switch (fault.type) {
    case "corrupt":
      return quarantine(path, fault.reason);
    case "newer":
      return leftAlone(path, `written by a newer stint (format ${fault.formatVersion})`);
    case "unreadable":
      return leftAlone(path, unreadable(path, fault.errno));
    case "missing":
      return leftAlone(path, "it is gone");
  }
}

function unreadable(path: string, errno: string): string {
  return problemFromErrno(errno, "read the record of a task", `${errno}, ${path}`).message;
}

function leftAlone(path: string, why: string): QuarantineEntry {
  return { path, what: `left alone: ${why}` };
}

/** By their names alone: these directories are not read at a start-up, and listed once. */
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
      // A move in this start-up may have put it aside already.
      if (isThere(layout.record(place, id)))
        found.findings.push(quarantine(layout.record(place, id), `the task is in ${counts}/ too`));
    }
  }
}

/** Mostly in the order in which the files were made, and lie on the disk; the system gives them in that of their hashes (ext4). */
function listedIds(layout: Layout, place: StateDirectory): Listing {
  const ids: TaskId[] = [];
  for (const name of readdirSync(layout.place(place)).sort()) {
    const id = idFromFileName(name);
    if (id !== null) ids.push(id);
  }
  return { place, ids };
}

/** Those of the unended ones that are in another folder too. */
function endedToo(
  layout: Layout,
  { place, unfinished }: { place: StateDirectory; unfinished: readonly Listing[] },
): Listing {
  const ids = unfinished.flatMap((listing) => listing.ids).filter((id) => isThere(layout.record(place, id)));
  return { place, ids };
}

function highest({ ids }: Listing): number {
  return ids.reduce((most, id) => Math.max(most, numberOf(id)), 0);
}
