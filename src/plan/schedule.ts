import { type Schedule, type ScheduleState, stateUnder } from "../model/schedule.ts";
import { type Timetable, timetable } from "./timetable.ts";

/** A firing within cron's own minute is on time, even with `catchUp: none`. */
export const ON_TIME_MS = 60_000;
/** A last firing this far in the future means that the clock was wrong; one less far ahead is waited for, so that no instant fires twice. */
const MAX_AHEAD_MS = 24 * 3_600_000;
/** The first span of the search for missed firings, which is doubled each time. */
const FIRST_SPAN_MS = 15 * 60_000;

/** The part of the state that determines the next firing. */
export type Mark = Pick<ScheduleState, "uid" | "since" | "lastFired"> & {
  /** How long the supervisor itself has kept the schedule waiting, in ms: what was on time before that is on time still. */
  readonly heldMs?: number;
};

/** Times in ms since the epoch. */
export interface Firing {
  /** The instant of the rule. */
  readonly firedForMs: number;
  /** The same plus the jitter. */
  readonly atMs: number;
}

/** The firings that are due, oldest first, and the time of the next one; null where there is none. */
export interface Due {
  readonly firings: readonly Firing[];
  readonly nextMs: number | null;
}

/** The due firings of a schedule: those after the last one that are within its window, at most as many as it makes up for. */
export function due(schedule: Schedule, mark: Mark, nowMs: number): Due {
  if (schedule.isPaused) return { firings: [], nextMs: null };
  const table = timetable(schedule, Date.parse(mark.since));
  const { windowMs, most } = patienceOf(schedule);
  const passedMs = lastPassedMs(mark);
  const earliestMs = nowMs - windowMs - (mark.heldMs ?? 0);
  const found = newestIn(table, {
    afterMs: Math.max(passedMs, earliestMs - schedule.jitterMs - 1),
    throughMs: nowMs,
    // One more: the newest may still wait for its jitter.
    most: most + 1,
  });
  const firings = found
    .map((firedForMs) => ({ firedForMs, atMs: firedForMs + jitterOf(schedule, { mark, firedForMs, table }) }))
    .filter(({ atMs }) => atMs <= nowMs && atMs >= earliestMs);
  const [next] = upcoming(schedule, mark, { nowMs, count: 1 });
  return { firings: firings.slice(-most), nextMs: next?.atMs ?? null };
}

/** When a schedule that is added now would fire next, in ms since the epoch; its jitter is known only once it has a uid. */
export function firstFirings(
  schedule: Schedule,
  { nowMs, count }: { nowMs: number; count: number },
): number[] {
  const state = stateUnder(schedule, null, { uid: "", changedMs: nowMs });
  return upcoming({ ...schedule, jitterMs: 0 }, state, { nowMs, count }).map(({ atMs }) => atMs);
}

/** The next firings of a schedule after now, without the due ones. */
export function upcoming(
  schedule: Schedule,
  mark: Mark,
  { nowMs, count }: { nowMs: number; count: number },
): Firing[] {
  if (schedule.isPaused) return [];
  const table = timetable(schedule, Date.parse(mark.since));
  const firings: Firing[] = [];
  let firedForMs = table(Math.max(lastPassedMs(mark), nowMs - schedule.jitterMs - 1));
  while (firedForMs !== null && firings.length < count) {
    const atMs = firedForMs + jitterOf(schedule, { mark, firedForMs, table });
    if (atMs > nowMs) firings.push({ firedForMs, atMs });
    firedForMs = table(firedForMs);
  }
  return firings;
}

/** True where the last firing is so far ahead that the clock must have been wrong: the schedule restarts now. */
export function isFromTheFuture(mark: Mark, nowMs: number): boolean {
  return lastPassedMs(mark) > nowMs + MAX_AHEAD_MS;
}

function lastPassedMs({ since, lastFired }: Mark): number {
  return Math.max(
    Date.parse(since),
    lastFired === undefined ? Number.NEGATIVE_INFINITY : Date.parse(lastFired),
  );
}

function patienceOf({ catchUp, windowMs, cap }: Schedule): { windowMs: number; most: number } {
  switch (catchUp) {
    case "none":
      return { windowMs: ON_TIME_MS, most: 1 };
    case "latest":
      return { windowMs: Math.max(windowMs, ON_TIME_MS), most: 1 };
    case "all":
      return { windowMs: Math.max(windowMs, ON_TIME_MS), most: cap };
  }
}

/** The newest instants of a span, oldest first, without enumerating years of minutes for the last of them. */
function newestIn(
  table: Timetable,
  { afterMs, throughMs, most }: { afterMs: number; throughMs: number; most: number },
): number[] {
  for (let spanMs = FIRST_SPAN_MS; ; spanMs *= 2) {
    const fromMs = Math.max(afterMs, throughMs - spanMs);
    const found: number[] = [];
    for (let at = table(fromMs); at !== null && at <= throughMs; at = table(at)) found.push(at);
    if (found.length >= most || fromMs <= afterMs) return found.slice(-most);
  }
}

/** The jitter of a firing: the same for each try, and never past the next firing. */
function jitterOf(
  { jitterMs }: Schedule,
  { mark, firedForMs, table }: { mark: Mark; firedForMs: number; table: Timetable },
): number {
  if (jitterMs === 0) return 0;
  const nextMs = table(firedForMs) ?? Number.POSITIVE_INFINITY;
  return Math.floor(fraction(`${mark.uid} ${firedForMs}`) * Math.min(jitterMs, nextMs - firedForMs));
}

/** Hashes a text to [0, 1): FNV-1a with the finalizer of MurmurHash3, as FNV-1a alone varies little with the end of a text. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
