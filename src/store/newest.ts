import { readdirSync, statSync } from "node:fs";
import { unlessRefused } from "../lib/errno.ts";
import { bootId } from "../lib/host.ts";
import { readOwnFile } from "../lib/regular-file.ts";
import { parseJson } from "../model/check.ts";
import { idFromFileName, type TaskId } from "../model/identity.ts";
import { type KeptListings, keptListings } from "../model/outline.ts";
import { ENDED_PLACES, type StateDirectory } from "../model/state.ts";
import { replaceUnsynced } from "./durable.ts";
import type { Layout } from "./layout.ts";

/** Names that are sorted first, and cached: one more than a listing shows by default. */
export const FEW = 101;
/** A directory with fewer names is listed as fast as its cache is read. */
const MANY = 2_000;
/**
 * A file system's clock ticks in milliseconds, on some in seconds: two changes within one tick leave a directory with the same time.
 * A listing of a directory that was changed more recently is not cached.
 */
const SETTLED_MS = 3_000;
/** No file of ours is larger; names are at most 255 bytes long. */
const MAX_KEPT_BYTES = 512 * 1_024;

/**
 * The ids in some directories, from the highest number down. The first `FEW` cost one listing of each directory and no sort of it
 * all; no listing either where the directory has not changed since it was last listed.
 */
export function* newestIds(
  layout: Layout,
  places: readonly StateDirectory[],
  nowMs: number,
): Generator<TaskId> {
  const listed = namesOf(layout, { places, nowMs });
  const few = highest(
    listed.map(({ names }) => names),
    FEW,
  );
  yield* idsOf(few);
  const last = few.at(FEW - 1);
  if (last === undefined) return;
  const listings = listed.map(({ place, names, isWhole }) =>
    isWhole ? names : readdirSync(layout.place(place)),
  );
  yield* idsOf(highest(listings, Number.POSITIVE_INFINITY).filter((one) => fromHighest(one, last) > 0));
}

/** Ids of ended tasks in the order in which their records changed, the latest first: a long task ends after many with higher numbers. */
export function byLastChange(layout: Layout, ids: readonly TaskId[]): TaskId[] {
  const changedMs = (id: TaskId): number => {
    const stats = ENDED_PLACES.map((place) => statSync(layout.record(place, id), { throwIfNoEntry: false }));
    return Math.max(...stats.map((stat) => stat?.mtimeMs ?? 0));
  };
  return ids
    .map((id, index) => ({ id, index, ms: changedMs(id) }))
    .sort((left, right) => right.ms - left.ms || left.index - right.index)
    .map(({ id }) => id);
}

/** The names in a directory: all of them, or those with the highest numbers, from the cache. */
interface Names {
  readonly place: StateDirectory;
  readonly names: readonly string[];
  readonly isWhole: boolean;
}

function namesOf(
  layout: Layout,
  { places, nowMs }: { readonly places: readonly StateDirectory[]; readonly nowMs: number },
): Names[] {
  const known = keptIn(layout);
  const found: KeptListings["places"] = {};
  let isNew = false;
  const listed = places.map((place): Names => {
    // Before the listing: a change made meanwhile has a later time.
    const { stamp, changedMs } = stampOf(layout.place(place));
    const { [place]: cached } = known;
    // An earlier version kept fewer names.
    if (cached?.stamp === stamp && cached.names.length === FEW) {
      found[place] = cached;
      return { place, names: cached.names, isWhole: false };
    }
    const names = readdirSync(layout.place(place));
    if (names.length > MANY && nowMs - changedMs > SETTLED_MS) {
      found[place] = { stamp, names: highest([names], FEW).map(({ name }) => name) };
      isNew = true;
    }
    return { place, names, isWhole: true };
  });
  const kept: KeptListings = { bootId: bootId(), places: found };
  // For the next reader; without write access nothing is cached.
  if (isNew)
    unlessRefused(() => replaceUnsynced(layout.newest, `${JSON.stringify(kept)}\n`, layout.tmp), undefined);
  return listed;
}

/** The cached listings of this boot: fsck(8) may have changed a directory before it. Empty where they cannot be read. */
function keptIn(layout: Layout): KeptListings["places"] {
  const text = unlessRefused(() => readOwnFile(layout.newest, MAX_KEPT_BYTES), null);
  const kept = parseJson(keptListings, text ?? "");
  return kept?.bootId === bootId() ? kept.places : {};
}

/** Changes with each change of a directory. */
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

function idsOf(numbered: readonly Numbered[]): TaskId[] {
  return numbered.map(({ name }) => idFromFileName(name)).filter((id) => id !== null);
}
