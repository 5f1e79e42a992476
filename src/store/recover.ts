import { readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { failpoint } from "../lib/failpoint.ts";
import { idFromFileName, numberOf, type TaskId } from "../model/identity.ts";
import { isTerminal, PLACES, type Place, placeOf } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { incomingBatches, publishBatch } from "./batch.ts";
import { syncDirectory } from "./durable.ts";
import type { Layout } from "./layout.ts";
import { raiseNumbers } from "./numbers.ts";
import { type Finding, quarantine } from "./quarantine.ts";
import { readRecord } from "./record.ts";

/** Staged files this old belong to a process that died: nothing is staged for longer than a moment. */
const MAX_STAGED_AGE_MS = 600_000;

/** What a start-up finds: every task that is not ended, and what had to be put in order. */
export interface Recovered {
  readonly tasks: Task[];
  /** Those that had ended and were not yet where ended ones belong. */
  readonly ended: Task[];
  readonly findings: Finding[];
}

/**
 * Finishes what a crash left half done and reads what is to be worked on. Only the holder of the lock may. Safe to be
 * killed and done again: every step moves one file to where its own content says it belongs.
 */
export function recover(layout: Layout, nowMs: number): Recovered {
  const findings: Finding[] = [];
  const ended: Task[] = [];
  finishMoves(layout, findings);
  for (const batch of incomingBatches(layout)) publishBatch(layout, batch);
  dropStaged(layout, nowMs);
  // Before anything is put aside: a spoilt record's number is taken too.
  const known = [...namesIn(layout, PLACES)].map(numberOf);
  const active = load(layout, "running", { findings, ended, taken: new Set() });
  // Only now: what was found in running/ and belonged to pending/ is there.
  const queued = load(layout, "pending", { findings, ended, taken: namesIn(layout, ["running"]) });
  const tasks = [...active, ...queued];
  dropCopies(layout, tasks, findings);
  raiseNumbers(
    layout,
    known.reduce((most, number) => Math.max(most, number), 0),
  );
  return { tasks, ended, findings };
}

/** Records on their way out of done/ or dead-letter/: before the write they go back, after it they go on. */
function finishMoves(layout: Layout, findings: Finding[]): void {
  for (const name of readdirSync(layout.tmp)) {
    if (!name.endsWith(".move")) continue;
    const path = join(layout.tmp, name);
    const read = readRecord(path);
    if (!read.ok) {
      if (read.error.type === "corrupt") findings.push(quarantine(path, read.error.reason));
      continue;
    }
    const { metadata, status } = read.value;
    renameSync(path, layout.record(placeOf(status.state), metadata.id));
    failpoint("recover:moved");
  }
}

function dropStaged(layout: Layout, nowMs: number): void {
  for (const name of readdirSync(layout.tmp)) {
    const path = join(layout.tmp, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && nowMs - stat.mtimeMs > MAX_STAGED_AGE_MS)
      rmSync(path, { recursive: true, force: true });
  }
}

interface Loading {
  readonly findings: Finding[];
  readonly ended: Task[];
  /** Ids that a directory of higher rank has. */
  readonly taken: ReadonlySet<TaskId>;
}

/** Reads one directory; what says that it belongs elsewhere is moved there, what is no record is put aside. */
function load(layout: Layout, place: Place, { findings, ended, taken }: Loading): Task[] {
  const tasks: Task[] = [];
  const moved = new Set<Place>();
  for (const id of namesIn(layout, [place])) {
    const path = layout.record(place, id);
    const read = readRecord(path);
    if (!read.ok) {
      if (read.error.type === "corrupt") findings.push(quarantine(path, read.error.reason));
      if (read.error.type === "unreadable")
        findings.push({ path, what: `left alone: it cannot be read (${read.error.errno})` });
      if (read.error.type === "newer")
        findings.push({
          path,
          what: `left alone: written by a newer stint (format ${read.error.formatVersion})`,
        });
      continue;
    }
    if (read.value.metadata.id !== id) {
      findings.push(quarantine(path, `it says that it is ${read.value.metadata.id}`));
      continue;
    }
    if (taken.has(id)) {
      findings.push(quarantine(path, "the task is in running/ too"));
      continue;
    }
    const home = placeOf(read.value.status.state);
    if (home !== place) {
      renameSync(path, layout.record(home, id));
      failpoint("recover:moved");
      moved.add(place).add(home);
    }
    if (isTerminal(read.value.status.state)) ended.push(read.value);
    // What went from running/ to pending/ is read there.
    const isReadLater = place === "running" && home === "pending";
    if ((home === "pending" || home === "running") && !isReadLater) tasks.push(read.value);
  }
  for (const touched of moved) syncDirectory(layout.place(touched));
  return tasks;
}

/** One id in two directories comes of copying by hand; the living record has precedence. */
function dropCopies(layout: Layout, tasks: readonly Task[], findings: Finding[]): void {
  const alive = new Set(tasks.map((task) => task.metadata.id));
  for (const place of ["dead-letter", "done"] as const) {
    for (const id of namesIn(layout, [place])) {
      if (alive.has(id))
        findings.push(quarantine(layout.record(place, id), "the task is queued or running too"));
    }
  }
}

function namesIn(layout: Layout, places: readonly Place[]): Set<TaskId> {
  const names = places.flatMap((place) => readdirSync(layout.place(place)));
  return new Set(names.map(idFromFileName).filter((id) => id !== null));
}
