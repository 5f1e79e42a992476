import { readdirSync } from "node:fs";

import { err, type Result } from "../lib/result.ts";
import { idFromFileName, NUMBER_DIGITS, numberOf, type TaskId } from "../model/identity.ts";
import { directoryOf, PLACES, type StateDirectory } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { batchMembers, incomingBatches } from "./batch.ts";
import { type Layout, MOVING_ENDING } from "./layout.ts";
import { type RecordFault, readRecord, readRecordOf } from "./record.ts";
import { RecordParts } from "./record-parts.ts";

/** The ids in one directory, in the order of their numbers; accepted tasks that are not yet published count as pending. */
export function idsIn(layout: Layout, place: StateDirectory): TaskId[] {
  // First: a task that is published meanwhile is in the folder's listing.
  const onTheirWay =
    place === "pending"
      ? [...incomingBatches(layout).flatMap((batch) => batchMembers(layout, batch)), ...movingIds(layout)]
      : [];
  const ids = readdirSync(layout.place(place))
    .map(idFromFileName)
    .filter((id) => id !== null);
  return inOrder(onTheirWay.length === 0 ? ids : [...new Set([...ids, ...onTheirWay])]);
}

/** Among numbers with as many digits, the order of the texts is that of the numbers, and is sorted ten times as fast. */
function inOrder(ids: readonly TaskId[]): TaskId[] {
  const byDigits = Map.groupBy(ids, (id) => id.indexOf("-"));
  const isPadded = [...byDigits].some(
    ([digits, alike]) => digits > NUMBER_DIGITS && alike.some((id) => id.startsWith("0")),
  );
  if (isPadded) return byNumber(ids);
  return [...byDigits].sort(([left], [right]) => left - right).flatMap(([, alike]) => alike.sort());
}

/** Parses each number once: a sort compares a name with twenty others. */
function byNumber(ids: readonly TaskId[]): TaskId[] {
  return ids
    .map((id) => ({ id, number: numberOf(id) }))
    .sort((left, right) => left.number - right.number)
    .map(({ id }) => id);
}

/** The ids of records that a crash left in tmp/ on their way out of done/ or dead-letter/. */
export function movingIds(layout: Layout): TaskId[] {
  return readdirSync(layout.tmp)
    .filter((name) => name.endsWith(MOVING_ENDING))
    .map((name) => idFromFileName(`${name.slice(0, -MOVING_ENDING.length)}.json`))
    .filter((id) => id !== null);
}

/** Every id of the home, in the order of their numbers. */
export function allIds(layout: Layout): TaskId[] {
  return inOrder([...new Set(PLACES.flatMap((place) => idsIn(layout, place)))]);
}

/** Reads a task wherever it is. It may be moved meanwhile, so the paths are tried three times. */
export function readTask(layout: Layout, id: TaskId): Result<Task, RecordFault> {
  for (let tries = 0; tries < 3; tries += 1) {
    for (const path of possiblePaths(layout, id)) {
      const read = readRecord(path);
      if (read.ok && read.value.metadata.id !== id)
        return err({ type: "corrupt", reason: `it says that it is ${read.value.metadata.id}` });
      if (read.ok || read.error.type !== "missing") return read;
    }
  }
  return err({ type: "missing" });
}

/** Reads all tasks of some directories; `unread` gets the ids of those that cannot be read, whose faults are left to `doctor`. */
export function readTasks(layout: Layout, places: readonly StateDirectory[], unread: TaskId[] = []): Task[] {
  return [...eachTask(layout, places, unread)];
}

/** The same, one at a time, for a caller that needs each once. */
export function* eachTask(
  layout: Layout,
  places: readonly StateDirectory[],
  unread: TaskId[] = [],
): Generator<Task> {
  const reader = new TaskReader(layout);
  const given = new Set<TaskId>();
  // A task that moves from the second directory to the first while they are listed is in neither list: the first is listed again.
  for (const place of places.length > 1 ? [...places, ...places.slice(0, 1)] : places) {
    for (const id of idsIn(layout, place)) {
      if (given.has(id)) continue;
      given.add(id);
      const read = reader.read(id);
      if (read.ok) yield read.value;
      else if (read.error.type !== "missing") unread.push(id);
    }
  }
}

/** Reads many tasks one after the other: it tries the directory of the last one first, and parses what they have in common once. */
export class TaskReader {
  readonly #layout: Layout;
  readonly #parts = new RecordParts();
  #likely: StateDirectory = "pending";

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** See `readTask`. */
  read(id: TaskId): Result<Task, RecordFault> {
    const near = readRecordOf(id, { path: this.#layout.record(this.#likely, id), parts: this.#parts });
    if (near.ok && near.value.metadata.id === id) return near;
    const found = readTask(this.#layout, id);
    if (found.ok) this.#likely = directoryOf(found.value.status.state);
    return found;
  }
}

function possiblePaths(layout: Layout, id: TaskId): string[] {
  const incoming = incomingBatches(layout).map((batch) => layout.batchRecord(batch, id));
  const [pending, ...others] = PLACES.map((place) => layout.record(place, id));
  return [...incoming, ...(pending === undefined ? [] : [pending]), ...others, layout.moving(id)];
}
