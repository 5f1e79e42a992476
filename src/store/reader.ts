import { readdirSync } from "node:fs";
import { join } from "node:path";
import { err, type Result } from "../lib/result.ts";
import { idFromFileName, numberOf, type TaskId } from "../model/identity.ts";
import { PLACES, type Place } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { batchMembers, incomingBatches } from "./batch.ts";
import { type Layout, MOVING_ENDING } from "./layout.ts";
import { type RecordFault, readRecord } from "./record.ts";

/** The ids in one directory, in the order of their numbers; accepted ones on their way count as pending. */
export function idsIn(layout: Layout, place: Place): TaskId[] {
  const ids = readdirSync(layout.place(place))
    .map(idFromFileName)
    .filter((id) => id !== null);
  if (place === "pending") {
    ids.push(
      ...incomingBatches(layout).flatMap((batch) => batchMembers(layout, batch)),
      ...movingIds(layout),
    );
  }
  return inOrder(ids);
}

/** So many are put in order at first: what a listing shows without being asked for more. */
const FEW = 100;

/**
 * The ids in some directories, from the highest number down. Who wants the newest few of a hundred thousand waits for no
 * more than the listing of the directory: to sort all of them takes longer than that.
 */
export function* newestIds(layout: Layout, places: readonly Place[]): Generator<TaskId> {
  const listings = places.map((place) => readdirSync(layout.place(place)));
  const few = highest(listings, FEW);
  yield* idsOf(few);
  if (few.length === FEW) yield* idsOf(highest(listings, Number.POSITIVE_INFINITY).slice(FEW));
}

interface Numbered {
  readonly name: string;
  readonly number: number;
}

/** The names that begin with the highest numbers, from the highest down. */
function highest(listings: readonly string[][], count: number): Numbered[] {
  const kept: Numbered[] = [];
  let least = 0;
  for (const names of listings) {
    for (const name of names) {
      const number = Number.parseInt(name, 10);
      if (!(number >= least)) continue;
      kept.push({ name, number });
      if (kept.length < 2 * count) continue;
      kept.sort(fromHighest).length = count;
      least = kept.at(-1)?.number ?? 0;
    }
  }
  return kept.sort(fromHighest).slice(0, count);
}

function fromHighest(left: Numbered, right: Numbered): number {
  return right.number - left.number || (left.name < right.name ? 1 : -1);
}

function idsOf(numbered: readonly Numbered[]): TaskId[] {
  return numbered.map(({ name }) => idFromFileName(name)).filter((id) => id !== null);
}

/** Each number is read once: a sort compares a name with twenty others. */
function inOrder(ids: readonly TaskId[]): TaskId[] {
  return ids
    .map((id) => ({ id, number: numberOf(id) }))
    .sort((left, right) => left.number - right.number)
    .map(({ id }) => id);
}

/** The ids of records on their way out of done/ or dead-letter/, as a crash may have left them. */
function movingIds(layout: Layout): TaskId[] {
  return readdirSync(layout.tmp)
    .filter((name) => name.endsWith(MOVING_ENDING))
    .map((name) => idFromFileName(`${name.slice(0, -MOVING_ENDING.length)}.json`))
    .filter((id) => id !== null);
}

/** Every id of the home, in the order of their numbers. */
export function allIds(layout: Layout): TaskId[] {
  return inOrder([...new Set(PLACES.flatMap((place) => idsIn(layout, place)))]);
}

/** Reads a task wherever it is. It may be moved while we look, hence a second look. */
export function readTask(layout: Layout, id: TaskId): Result<Task, RecordFault> {
  for (let look = 0; look < 3; look += 1) {
    for (const path of possiblePaths(layout, id)) {
      const read = readRecord(path);
      if (read.ok && read.value.metadata.id !== id)
        return err({ type: "corrupt", reason: `it says that it is ${read.value.metadata.id}` });
      if (read.ok || read.error.type !== "missing") return read;
    }
  }
  return err({ type: "missing" });
}

/** Reads all tasks of some directories; what cannot be read is left to `doctor`. */
export function readTasks(layout: Layout, places: readonly Place[]): Task[] {
  const tasks = new Map<TaskId, Task>();
  for (const place of places) {
    for (const id of idsIn(layout, place)) {
      const read = readTask(layout, id);
      if (read.ok) tasks.set(id, read.value);
    }
  }
  return [...tasks.values()];
}

function possiblePaths(layout: Layout, id: TaskId): string[] {
  const incoming = incomingBatches(layout).map((batch) => join(layout.incoming, batch, `${id}.json`));
  const [pending, ...others] = PLACES.map((place) => layout.record(place, id));
  return [...incoming, ...(pending === undefined ? [] : [pending]), ...others, layout.moving(id)];
}
