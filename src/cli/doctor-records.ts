import { closeSync, constants, lstatSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { wholeOf } from "../lib/steps.ts";
import { idFromFileName, numberOf, type TaskId } from "../model/identity.ts";
import { directoryOf, PLACES, type StateDirectory } from "../model/state.ts";
import { batchMembers, incomingBatches } from "../store/batch.ts";
import { stuckBatchesOf } from "../store/disk-fault.ts";
import type { Layout } from "../store/layout.ts";
import { type Listing, listing } from "../store/listing.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { holdsNumber } from "../store/numbers.ts";
import { endedFiles } from "../store/outlines.ts";
import { ASIDE, isThere } from "../store/quarantine.ts";
import { readRecord } from "../store/record.ts";

/** One thing that was looked at. */
export interface Check {
  readonly verdict: "fine" | "note" | "bad";
  readonly what: string;
  readonly mend?: string;
}

/** Every folder must be there and be one that can be looked into; the system says what it is otherwise. */
export function checkFolder(directory: string): Check[] {
  closeSync(openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK));
  return [];
}

/** What is in the folders of records, each of which is listed once: they can be long. */
export class Listings {
  readonly #layout: Layout;
  readonly #listed = new Map<StateDirectory, Listing>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  in(place: StateDirectory): Listing {
    return this.#listed.getOrInsertComputed(place, () => wholeOf(listing(this.#layout, place)));
  }
}

interface Look {
  readonly place: StateDirectory;
  readonly listings: Listings;
  readonly onProgress: (count: number, all: number) => void;
}

/** Looks at every record of one directory, and at what is none. */
export function checkRecords(layout: Layout, { place, listings, onProgress }: Look): Check[] {
  const listed = listings.in(place);
  const check = (name: string): Check[] => {
    const found = name === ASIDE ? null : checkRecord(join(layout.place(place), name), { name, place });
    return found === null ? [] : [found];
  };
  const checks = listed.others.flatMap(check);
  if (place === "pending" || place === "running")
    return [...checks, ...listed.spans.values().flatMap((ids) => ids.flatMap((id) => check(`${id}.json`)))];
  for (const { id, outline } of endedFiles(layout, place, { listed, onProgress }))
    if (outline === null) checks.push(...check(`${id}.json`));
  return checks;
}

/** Null where nothing is wrong. */
function checkRecord(path: string, { name, place }: { name: string; place: StateDirectory }): Check | null {
  const id = idFromFileName(name);
  if (id === null) return { verdict: "note", what: `${path} is no record: its name is not one` };
  const read = readRecord(path);
  if (read.ok)
    return checkWhereabouts(path, {
      id,
      place,
      says: read.value.metadata.id,
      belongs: directoryOf(read.value.status.state),
    });
  switch (read.error.type) {
    case "corrupt":
      return { verdict: "bad", what: `${path} is spoilt: ${read.error.reason}`, mend: mendIn(place) };
    case "newer":
      return { verdict: "bad", what: `${path} was written by a newer stint`, mend: "use the newer stint" };
    case "unreadable":
      return {
        verdict: "bad",
        what: `${path} cannot be read (${read.error.errno})`,
        mend: "wanted: the home and all in it owned and readable by you",
      };
    case "missing":
      return null;
  }
}

interface Whereabouts {
  readonly id: TaskId;
  readonly place: StateDirectory;
  readonly says: TaskId;
  readonly belongs: StateDirectory;
}

function checkWhereabouts(path: string, { id, place, says, belongs }: Whereabouts): Check | null {
  if (says !== id) return { verdict: "bad", what: `${path} says that it is ${says}`, mend: mendIn(place) };
  // In the other two it may be on its way in this moment.
  if (belongs === place || place === "pending" || place === "running") return null;
  return {
    verdict: "bad",
    what: `${path} belongs into ${belongs}/ by its state`,
    mend: "move it there by hand",
  };
}

/** Only pending/ and running/ are looked through at a start. */
function mendIn(place: StateDirectory): string {
  return place === "pending" || place === "running"
    ? "the supervisor puts it aside at its next start"
    : "look at it, then move it away by hand";
}

/** Records that somebody copied: of one task in two directories, or of two tasks with one number. */
export function checkCopies(layout: Layout, listings: Listings): Check[] {
  const paths = new Map<number, Map<TaskId, StateDirectory[]>>();
  for (const span of new Set(PLACES.flatMap((place) => [...listings.in(place).spans.keys()]))) {
    const known = new Set<number>();
    const twice = new Set<number>();
    for (const [id] of idsIn(listings, span)) (known.has(numberOf(id)) ? twice : known).add(numberOf(id));
    for (const [id, place] of twice.size === 0 ? [] : idsIn(listings, span)) {
      if (!twice.has(numberOf(id))) continue;
      const alike = paths.getOrInsertComputed(numberOf(id), () => new Map());
      alike.set(id, [...(alike.get(id) ?? []), place]);
    }
  }
  return [...paths].flatMap(([number, alike]): Check[] => {
    // Looked at again: it may have been on its way from one to the other.
    const copies = [...alike].filter(
      ([id, places]) => places.length > 1 && places.every((place) => isThere(layout.record(place, id))),
    );
    const checks = copies.map(([id, places]): Check => {
      const what = `${id} is in ${places.map((place) => `${place}/`).join(" and ")}`;
      return { verdict: "bad", what, mend: "the supervisor puts all but one aside at its next start" };
    });
    if (alike.size < 2) return checks;
    const what = `${alike.size} tasks have the number ${number}: ${[...alike.keys()].join(", ")}`;
    return [...checks, { verdict: "bad", what, mend: "name them by their ids" }];
  });
}

function* idsIn(listings: Listings, span: number): Generator<readonly [TaskId, StateDirectory]> {
  for (const place of PLACES) for (const id of listings.in(place).spans.get(span) ?? []) yield [id, place];
}

/** Accepted work that no supervisor has taken in yet, and what does not belong there. */
export function checkUnread(layout: Layout): Check[] {
  const batches = incomingBatches(layout);
  const strays = readdirSync(layout.incoming).filter((name) => name !== ASIDE && !batches.includes(name));
  const checks = strays.map(
    (name): Check => ({ verdict: "note", what: `${layout.batch(name)} is no batch` }),
  );
  const stuck = stuckBatchesOf(layout)
    .filter(({ batch }) => batches.includes(batch))
    .map(({ batch, message }): Check => {
      const what = `${batchMembers(layout, batch).length} accepted tasks in ${layout.batch(batch)} are not taken in: ${message}`;
      return { verdict: "bad", what, mend: "mend that; the supervisor tries again by itself" };
    });
  const unread = stuckBatchesOf(layout)
    .filter(({ batch }) =>
      (["running", "pending"] as const).some((place) => isThere(join(layout.place(place), `${batch}.json`))),
    )
    .map(({ batch, message }): Check => {
      const what = `the accepted task ${batch} is not taken in: ${message}`;
      return { verdict: "bad", what, mend: "mend that; the supervisor tries again by itself" };
    });
  if (stuck.length + unread.length > 0) return [...checks, ...stuck, ...unread];
  if (batches.length === 0) return checks;
  const what = `${batches.length} accepted batches wait for a supervisor`;
  return [...checks, { verdict: "note", what, ...supervisorAdvice(layout, "stint up --detach") }];
}

/** What a supervisor would mend, where none is up: beside one that is, another cannot be started. */
export function supervisorAdvice(layout: Layout, mend: string): { readonly mend?: string } {
  const role = lockOwner(layout)?.role;
  return role === "up" || role === "drain" ? {} : { mend };
}

/** Without a number nothing can be queued. */
export function checkNumbers(layout: Layout): Check[] {
  if (holdsNumber(layout)) return [];
  const mend = "the next `stint up`, `run` or `drain` makes it anew";
  return [{ verdict: "bad", what: `${layout.numbers} holds no number for the next task`, mend }];
}

/** What was put aside. */
export function checkAside(layout: Layout): Check[] {
  const directories = [...PLACES.map((place) => layout.place(place)), layout.tmp, layout.requests];
  return directories.flatMap((directory): Check[] => {
    const aside = join(directory, ASIDE);
    const isFolder = lstatSync(aside, { throwIfNoEntry: false })?.isDirectory() === true;
    const count = isFolder ? readdirSync(aside).length : 0;
    if (count === 0) return [];
    const what = `${count} spoilt ${directory === layout.requests ? "requests" : "records"} were put aside in ${aside}`;
    return [{ verdict: "note", what, mend: "look at them, then remove them" }];
  });
}
