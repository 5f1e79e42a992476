import { accessSync, constants, lstatSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { type Steps, wholeOf } from "../lib/steps.ts";
import { isOwnOrRoots } from "../lib/trusted-folder.ts";
import { kindOfName, type OddName, oddName } from "./inbox-name.ts";
import { MAX_TEXT_BYTES, tooLarge } from "./task-text.ts";

/** A writer that pauses for longer than this should write aside and rename; `cp` and editors never do. */
export const SETTLE_MS = 300;
/** An empty file is mostly one that is about to be written; seen empty for so long, it is what somebody meant. */
export const EMPTY_MS = 5_000;
/** Looking in the very millisecond would find the file a fraction too young. */
const LOOK_SLACK_MS = 5;

/** What to do with a file of an inbox. `ignore` is said once for each file. */
export interface InboxFinding {
  /** Its name in the inbox. */
  readonly file: string;
  readonly verdict: "take" | "refuse" | "wait" | "ignore";
  /** A clause such as `it is a FIFO`; absent for `upsert` and `wait`. */
  readonly reason?: string;
  /** How a file stood that is one; see `isAsSeen`. */
  readonly seen?: string;
  /** The name that it really has, where `file` is only like it. */
  readonly raw?: Uint8Array;
}

/** What was seen of a file, and since when it stood so. */
interface Sighting {
  readonly state: string;
  readonly sinceMs: number;
}

/** What one look leaves for the next. */
export interface InboxMemory {
  readonly sightings: ReadonlyMap<string, Sighting>;
  /** Names that were reported as ignored. */
  readonly ignored: ReadonlySet<string>;
}

/** The memory of the first look. */
export const NO_MEMORY: InboxMemory = { sightings: new Map(), ignored: new Set() };

/** A look into an inbox. */
export interface Look {
  readonly findings: readonly InboxFinding[];
  readonly memory: InboxMemory;
  /** When to look again for the files that still wait, in milliseconds; null where nothing does. */
  readonly againInMs: number | null;
}

/** Looks into an inbox, all of it at once; see `scanning`. */
export function scanInbox(directory: string, from: { memory: InboxMemory; nowMs: number }): Look {
  return wholeOf(scanning(directory, from));
}

/**
 * Looks into an inbox, a file a step; it does not change it, and one that is not there is empty. Files come in the order of their
 * names.
 */
export function* scanning(
  directory: string,
  { memory, nowMs }: { memory: InboxMemory; nowMs: number },
): Steps<Look> {
  const findings: InboxFinding[] = [];
  const sightings = new Map<string, Sighting>();
  const ignored = new Set<string>();
  let againInMs: number | null = null;
  for (const { file, reason, raw } of namesIn(directory)) {
    yield;
    if (reason !== undefined) {
      if (isFile(directory, raw)) findings.push({ file, verdict: "refuse", reason, raw });
      continue;
    }
    const seen = examine(directory, file);
    if (seen === null) continue;
    if (typeof seen === "string") {
      findings.push({ file, verdict: "refuse", reason: seen });
      continue;
    }
    const alone = reasonToLeave(file, seen);
    if (alone !== null) {
      ignored.add(file);
      if (!memory.ignored.has(file)) findings.push({ file, verdict: "ignore", reason: alone });
      continue;
    }
    const sighting = sightingOf(seen, memory.sightings.get(file), nowMs);
    const leftMs = unsettledMs(seen, { sighting, nowMs });
    if (leftMs <= 0) {
      findings.push({ file, verdict: "take", seen: sighting.state });
      continue;
    }
    findings.push({ file, verdict: "wait" });
    sightings.set(file, sighting);
    againInMs = Math.min(againInMs ?? Number.POSITIVE_INFINITY, leftMs + LOOK_SLACK_MS);
  }
  return { findings, memory: { sightings, ignored }, againInMs };
}

/** A folder of another name is no matter of an inbox; with the name of a task it was meant for one. */
function reasonToLeave(file: string, stat: Stats): string | null {
  if (stat.isDirectory()) return "it is a folder, wanted a file";
  return kindOfName(file) === "foreign" ? "its name does not end in .yaml, .yml or .json" : null;
}

/** A name in an inbox; `reason` and `raw` where it is none for a file of ours. */
type Name =
  | { readonly file: string; readonly reason?: undefined; readonly raw?: undefined }
  | (OddName & { readonly raw: Uint8Array });

function namesIn(directory: string): Name[] {
  try {
    return readdirSync(directory, { encoding: "buffer" })
      .flatMap((raw): Name[] => {
        const file = raw.toString("utf8");
        const kind = kindOfName(file);
        if (kind === "passing") return [];
        const odd = kind === "task" ? oddName(raw) : null;
        return [odd === null ? { file } : { ...odd, raw }];
      })
      .sort((left, right) => (left.file < right.file ? -1 : 1));
  } catch {
    // Gone, or made again in this moment: the caller watches the folder and sees to that.
    return [];
  }
}

function isFile(directory: string, raw: Uint8Array): boolean {
  const path = Buffer.concat([Buffer.from(`${directory}/`), raw]);
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}

/** The file's state; or why it is refused; or null for what is no file of anybody's wish. */
function examine(directory: string, file: string): Stats | string | null {
  const path = join(directory, file);
  try {
    const stat = lstatSync(path);
    if (stat.isDirectory()) return kindOfName(file) === "task" ? stat : null;
    if (kindOfName(file) === "foreign") return stat;
    // Also a link within the inbox: moved away with its file it would lead nowhere, and copied it would run a task twice.
    if (stat.isSymbolicLink())
      return `it is a symbolic link to ${readlinkSync(path)}, wanted the file itself`;
    if (!stat.isFile()) return `it is ${specialKind(stat)}, wanted a file`;
    // What it asks for would run in the name of whoever has the home.
    if (!isOwnOrRoots(stat)) return `it belongs to user ${stat.uid}, wanted a file of your own`;
    if (stat.size > MAX_TEXT_BYTES) return tooLarge(stat.size);
    accessSync(path, constants.R_OK);
    return stat;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EACCES") return "it cannot be read: permission denied";
    return null;
  }
}

function specialKind(stat: Stats): string {
  if (stat.isFIFO()) return "a FIFO";
  return stat.isSocket() ? "a socket" : "a device";
}

/** False where a file has changed since it was looked at: in a long look that may be a while ago. */
export function isAsSeen(directory: string, { file, seen }: InboxFinding): boolean {
  const stat = lstatSync(join(directory, file), { throwIfNoEntry: false });
  return seen === undefined || (stat !== undefined && stateOf(stat) === seen);
}

function stateOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs}`;
}

function sightingOf(stat: Stats, before: Sighting | undefined, nowMs: number): Sighting {
  const state = stateOf(stat);
  // A clock that was set back would make a file wait for as long.
  return before?.state === state && before.sinceMs <= nowMs ? before : { state, sinceMs: nowMs };
}

/**
 * How long a file must still stand still. A rename keeps the time of the last write, so a file whose content is old was moved
 * in whole or has lain here before: nothing to wait for. One whose time is not to be trusted (in the future, as from
 * another machine's clock) is watched from one look to the next. So is an empty one, of which somebody's open() may be all there
 * is yet: where the clocks part the other way, its time says that it is hours old.
 */
function unsettledMs(stat: Stats, { sighting, nowMs }: { sighting: Sighting; nowMs: number }): number {
  const watchedMs = nowMs - sighting.sinceMs;
  if (stat.size === 0) return Math.ceil(EMPTY_MS - watchedMs);
  return Math.ceil(SETTLE_MS - Math.max(nowMs - stat.mtimeMs, watchedMs));
}
