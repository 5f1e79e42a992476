import { readdirSync, statSync } from "node:fs";
import { bootId } from "../lib/host.ts";
import { readOwnFile } from "../lib/regular-file.ts";
import { parseJson } from "../model/check.ts";
import { idFromFileName, type TaskId } from "../model/identity.ts";
import { type KeptListings, keptListings } from "../model/outline.ts";
import type { StateDirectory } from "../model/state.ts";
import { replaceFiles } from "./durable.ts";
import { tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";

/** So many are put in order at first, and kept: what a listing shows without being asked for more. */
const FEW = 100;
/** A listing of fewer names takes no longer than a look at what was kept of it. */
const MANY = 2_000;
/**
 * A file system's clock ticks in milliseconds, on some in seconds: two changes within one tick leave a directory with the
 * same time. Of one that was changed so recently nothing is kept.
 */
const SETTLED_MS = 3_000;
/** No file of ours is larger; names are at most 255 bytes long. */
const MAX_KEPT_BYTES = 512 * 1_024;

/**
 * The ids in some directories, from the highest number down. Who wants the newest few of a hundred thousand waits for no
 * more than the listing of the directory, and not even for that where it was listed before and nothing changed in it.
 */
export function* newestIds(
  layout: Layout,
  places: readonly StateDirectory[],
  nowMs: number,
): Generator<TaskId> {
  const looks = lookAt(layout, { places, nowMs });
  const few = highest(
    looks.map(({ names }) => names),
    FEW,
  );
  yield* idsOf(few);
  const last = few.at(FEW - 1);
  if (last === undefined) return;
  const listings = looks.map(({ place, names, isWhole }) =>
    isWhole ? names : readdirSync(layout.place(place)),
  );
  yield* idsOf(highest(listings, Number.POSITIVE_INFINITY).filter((one) => isBelow(one, last)));
}

/** What is in a directory, or at least the names there with the highest numbers, as many as are put in order at first. */
interface Look {
  readonly place: StateDirectory;
  readonly names: readonly string[];
  readonly isWhole: boolean;
}

function lookAt(
  layout: Layout,
  { places, nowMs }: { readonly places: readonly StateDirectory[]; readonly nowMs: number },
): Look[] {
  const kept = keptIn(layout);
  const found: KeptListings["places"] = {};
  let isNew = false;
  const looks = places.map((place): Look => {
    // Before the listing: what changes meanwhile comes with a later time.
    const { stamp, changedMs } = stampOf(layout.place(place));
    const known = kept[place];
    if (known?.stamp === stamp) {
      found[place] = known;
      return { place, names: known.names, isWhole: false };
    }
    const names = readdirSync(layout.place(place));
    if (names.length > MANY && nowMs - changedMs > SETTLED_MS) {
      found[place] = { stamp, names: highest([names], FEW).map(({ name }) => name) };
      isNew = true;
    }
    return { place, names, isWhole: true };
  });
  if (isNew) keep(layout, { bootId: bootId(), places: found });
  return looks;
}

/** Puts down what was found for those who look next. Whoever may not write here reads all the same. */
function keep(layout: Layout, listings: KeptListings): void {
  const file = { path: layout.newest, text: `${JSON.stringify(listings)}\n` };
  tryFs("keep the newest names", () => replaceFiles([file], layout.tmp, { isSynced: false }));
}

/** What was kept of earlier listings: nothing of what cannot be read, or was kept before a file system may have been mended. */
function keptIn(layout: Layout): KeptListings["places"] {
  const read = tryFs("read the newest names", () => readOwnFile(layout.newest, MAX_KEPT_BYTES));
  const kept = read.ok && read.value !== null ? parseJson(keptListings, read.value) : null;
  return kept?.bootId === bootId() ? kept.places : {};
}

/** Another one for each change of a directory. */
function stampOf(path: string): { readonly stamp: string; readonly changedMs: number } {
  const { dev, ino, mtimeNs, ctimeNs, ctimeMs } = statSync(path, { bigint: true });
  return { stamp: [dev, ino, mtimeNs, ctimeNs].join(" "), changedMs: Number(ctimeMs) };
}

interface Numbered {
  readonly name: string;
  readonly number: number;
}

/** The names that begin with the highest numbers, from the highest down. */
function highest(listings: readonly (readonly string[])[], count: number): Numbered[] {
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

function isBelow(one: Numbered, other: Numbered): boolean {
  return one.number < other.number || (one.number === other.number && one.name < other.name);
}

function idsOf(numbered: readonly Numbered[]): TaskId[] {
  return numbered.map(({ name }) => idFromFileName(name)).filter((id) => id !== null);
}
