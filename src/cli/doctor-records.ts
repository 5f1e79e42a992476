import { closeSync, constants, lstatSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { lostJobs } from "../desk/lost-jobs.ts";
import { counted } from "../lib/counted.ts";
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
import { type Check, fails, warns } from "./check.ts";

/** Opens a folder of the home, which must exist and be readable; throws the system's error otherwise. */
export function checkFolder(directory: string): Check[] {
  closeSync(openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK));
  return [];
}

/** The contents of the folders of records; each is listed once, as it can be long. */
export type Listings = (place: StateDirectory) => Listing;

export function listingsOf(layout: Layout): Listings {
  const listed = new Map<StateDirectory, Listing>();
  return (place) => listed.getOrInsertComputed(place, () => wholeOf(listing(layout, place)));
}

interface RecordsOptions {
  readonly place: StateDirectory;
  readonly listings: Listings;
  readonly onProgress: (count: number, all: number) => void;
}

/** Checks every record of one directory, and reports every other file. */
export function checkRecords(layout: Layout, { place, listings, onProgress }: RecordsOptions): Check[] {
  const listed = listings(place);
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

/** Null where the record is valid and in its place. */
function checkRecord(path: string, { name, place }: { name: string; place: StateDirectory }): Check | null {
  const id = idFromFileName(name);
  if (id === null)
    return warns(
      `${path} is not a task record: a record is called NUMBER-NAME.json`,
      "move it out of the home",
    );
  const read = readRecord(path);
  if (read.ok) {
    const { metadata, status } = read.value;
    return checkLocation(path, { id, place, says: metadata.id, belongs: directoryOf(status.state) });
  }
  switch (read.error.type) {
    case "corrupt":
      return fails(`${path} is corrupt: ${read.error.reason}`, fixIn(place));
    case "newer":
      return fails(`${path} was written by a newer stint`, "use the newer stint");
    case "unreadable":
      return fails(
        `${path} cannot be read (${read.error.errno})`,
        "make it readable for you: the home and everything in it must be yours",
      );
    case "missing":
      return null;
  }
}

interface Located {
  readonly id: TaskId;
  readonly place: StateDirectory;
  readonly says: TaskId;
  readonly belongs: StateDirectory;
}

function checkLocation(path: string, { id, place, says, belongs }: Located): Check | null {
  if (says !== id) return fails(`${path} holds the record of ${says}`, fixIn(place));
  // In pending/ and running/ it may just be moved.
  if (belongs === place || place === "pending" || place === "running") return null;
  return fails(`${path} belongs in ${belongs}/ by its state`, "move it there by hand");
}

/** A supervisor checks only pending/ and running/ at its start. */
function fixIn(place: StateDirectory): string {
  return place === "pending" || place === "running"
    ? "the supervisor puts it aside at its next start"
    : "inspect it, then move it away by hand";
}

/** Finds copied records: one task in two directories, or two tasks with one number. */
export function checkCopies(layout: Layout, listings: Listings): Check[] {
  const paths = new Map<number, Map<TaskId, StateDirectory[]>>();
  for (const span of new Set(PLACES.flatMap((place) => [...listings(place).spans.keys()]))) {
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
    // Checked again: it may just have been moved from one to the other.
    const copies = [...alike].filter(
      ([id, places]) => places.length > 1 && places.every((place) => isThere(layout.record(place, id))),
    );
    const checks = copies.map(([id, places]) => {
      const what = `${id} is in ${places.map((place) => `${place}/`).join(" and ")}`;
      return fails(what, "the supervisor puts all but one aside at its next start");
    });
    if (alike.size < 2) return checks;
    const what = `${alike.size} tasks have the number ${number}: ${[...alike.keys()].join(", ")}`;
    return [...checks, fails(what, "refer to them by their ids")];
  });
}

function* idsIn(listings: Listings, span: number): Generator<readonly [TaskId, StateDirectory]> {
  for (const place of PLACES) for (const id of listings(place).spans.get(span) ?? []) yield [id, place];
}

/** Checks incoming/: accepted batches that are not queued yet, and foreign files. */
export function checkUnread(layout: Layout): Check[] {
  const batches = incomingBatches(layout);
  const strays = readdirSync(layout.incoming).filter((name) => name !== ASIDE && !batches.includes(name));
  const checks = strays.map((name) =>
    warns(`${layout.batch(name)} is not a batch`, "move it out of the home"),
  );
  const noted = stuckBatchesOf(layout);
  const isRecord = (name: string): boolean =>
    (["running", "pending"] as const).some((place) => isThere(join(layout.place(place), `${name}.json`)));
  const stuck = [
    ...noted
      .filter(({ batch }) => batches.includes(batch))
      .map(({ batch, message }) => {
        const tasks = counted(batchMembers(layout, batch).length, "accepted task");
        return `${tasks} in ${layout.batch(batch)} cannot be queued: ${message}`;
      }),
    ...noted
      .filter(({ batch }) => isRecord(batch))
      .map(({ batch, message }) => `the accepted task ${batch} cannot be queued: ${message}`),
  ];
  if (stuck.length > 0)
    return [...checks, ...stuck.map((what) => fails(what, "fix that; the supervisor keeps trying"))];
  if (batches.length === 0) return checks;
  const what = `${counted(batches.length, "accepted batch waits", "accepted batches wait")} for a supervisor`;
  return [...checks, warns(what, supervisorAdvice(layout, "stint up --detach"))];
}

/** Advice to start a supervisor; undefined where one is up, as there cannot be two. */
export function supervisorAdvice(layout: Layout, fix: string): string | undefined {
  const role = lockOwner(layout)?.role;
  return role === "up" || role === "drain" ? undefined : fix;
}

/** Without the next number nothing can be queued. */
export function checkNumbers(layout: Layout): Check[] {
  if (holdsNumber(layout)) return [];
  const fix = "the next `stint up`, `run` or `drain` restores it";
  return [fails(`${layout.numbers} holds no number for the next task`, fix)];
}

/** Reports corrupt records and requests that were put aside. */
export function checkAside(layout: Layout): Check[] {
  const directories = [...PLACES.map((place) => layout.place(place)), layout.tmp, layout.requests];
  return directories.flatMap((directory): Check[] => {
    const aside = join(directory, ASIDE);
    const isFolder = lstatSync(aside, { throwIfNoEntry: false })?.isDirectory() === true;
    const count = isFolder ? readdirSync(aside).length : 0;
    if (count === 0) return [];
    const what = `${count} corrupt ${directory === layout.requests ? "request" : "record"}${count === 1 ? " was" : "s were"} put aside in ${aside}`;
    return [warns(what, "inspect them, then remove them")];
  });
}

/** Reports jobs that run without a record: no other check finds them. */
export function checkLostJobs(layout: Layout): Check[] {
  return lostJobs(layout).map(({ id, pid, folder, aside }) =>
    fails(
      `the job of ${id} runs (pid ${pid}), and no record holds it: its record was damaged, and is ${aside} now`,
      `let it end, and find its output in ${folder}; or end it: kill ${pid}. Nothing starts it again`,
    ),
  );
}
