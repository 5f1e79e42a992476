import { accessSync, constants, lstatSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../lib/errno.ts";
import { type Steps, wholeOf } from "../lib/steps.ts";
import { isOwnOrRoots } from "../lib/trusted-folder.ts";
import { isTaken, kindOfName, type OddName, oddName, TAKEN_ENDINGS } from "./inbox-name.ts";
import { MAX_TEXT_BYTES, tooLarge } from "./task-text.ts";

/** A writer that pauses for longer than this should write aside and rename; `cp` and editors never do. */
export const SETTLE_MS = 300;
/** An empty file is usually about to be written; one that stays empty for this long is taken as it is. */
export const EMPTY_MS = 5_000;
/** A scan in the exact millisecond would find the file a fraction too young. */
const SCAN_SLACK_MS = 5;

/** What to do with a file of an inbox. `ignore` is reported once for each file. */
export interface InboxFinding {
  /** Its name in the inbox. */
  readonly file: string;
  readonly verdict: "take" | "refuse" | "wait" | "ignore";
  /** A clause such as `it is a FIFO`; absent for `upsert` and `wait`. */
  readonly reason?: string;
  /** The identity of the file at the scan, see `isAsSeen`. */
  readonly seen?: string;
  /** Its real name, where `file` only resembles it. */
  readonly raw?: Uint8Array;
}

/** The identity of a file, and since when it is unchanged. */
interface Sighting {
  readonly state: string;
  readonly sinceMs: number;
}

/** What one scan keeps for the next. */
export interface InboxMemory {
  readonly sightings: ReadonlyMap<string, Sighting>;
  /** Names that were reported as ignored. */
  readonly ignored: ReadonlySet<string>;
}

/** The memory before the first scan. */
export const NO_MEMORY: InboxMemory = { sightings: new Map(), ignored: new Set() };

/** The result of a scan. */
export interface Look {
  readonly findings: readonly InboxFinding[];
  readonly memory: InboxMemory;
  /** After how many milliseconds to scan again for the files that still wait; null where none does. */
  readonly againInMs: number | null;
}

/** Scans an inbox in one go; see `scanning`. */
export function scanInbox(directory: string, from: { memory: InboxMemory; nowMs: number }): Look {
  return wholeOf(scanning(directory, from));
}

/**
 * Scans an inbox, one file per step, in the order of the names; changes nothing. A missing inbox counts as empty.
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
    const seen = inspect(directory, file);
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
    againInMs = Math.min(againInMs ?? Number.POSITIVE_INFINITY, leftMs + SCAN_SLACK_MS);
  }
  return { findings, memory: { sightings, ignored }, againInMs };
}

/** Why a file is ignored, as a clause; null where it is a candidate. A folder is reported only with the name of a task. */
function reasonToLeave(file: string, stat: Stats): string | null {
  if (stat.isDirectory()) return "it is a folder, wanted a file";
  return kindOfName(file) === "foreign" ? `its name does not end in ${TAKEN_ENDINGS}` : null;
}

/** A name in an inbox, with `reason` and `raw` where it is invalid. */
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
        const odd = isTaken(file) ? oddName(raw) : null;
        return [odd === null ? { file } : { ...odd, raw }];
      })
      .sort((left, right) => (left.file < right.file ? -1 : 1));
  } catch {
    // The folder is missing, or just being created again; the caller watches it.
    return [];
  }
}

function isFile(directory: string, raw: Uint8Array): boolean {
  const path = Buffer.concat([Buffer.from(`${directory}/`), raw]);
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}

/** The stat of a file, or why it is refused, or null where there is nothing to report. */
function inspect(directory: string, file: string): Stats | string | null {
  const path = join(directory, file);
  try {
    const stat = lstatSync(path);
    if (stat.isDirectory()) return isTaken(file) ? stat : null;
    if (kindOfName(file) === "foreign") return stat;
    // A link within the inbox too: once its target is moved it would dangle, and a copy would run the task twice.
    if (stat.isSymbolicLink())
      return `it is a symbolic link to ${readlinkSync(path)}, wanted the file itself`;
    if (!stat.isFile()) return `it is ${specialKind(stat)}, wanted a file`;
    // Its tasks would run with the rights of the owner of the home.
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

/** False where a file has changed since it was scanned, which may be a while ago in a long scan. */
export function isAsSeen(directory: string, { file, seen }: InboxFinding): boolean {
  const stat = lstatSync(join(directory, file), { throwIfNoEntry: false });
  return seen === undefined || (stat !== undefined && stateOf(stat) === seen);
}

function stateOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs}`;
}

function sightingOf(stat: Stats, before: Sighting | undefined, nowMs: number): Sighting {
  const state = stateOf(stat);
  // If the clock was set back, the wait starts again, as it would last for that time otherwise.
  return before?.state === state && before.sinceMs <= nowMs ? before : { state, sinceMs: nowMs };
}

/**
 * How long a file must still be unchanged before it is read. A rename keeps the time of the last write, so a file with an old one was
 * moved in whole or was here before: no wait. A file with a time in the future, as from the clock of another machine, is watched from
 * scan to scan; so is an empty one, which may just have been created by open(), whatever its time.
 */
function unsettledMs(stat: Stats, { sighting, nowMs }: { sighting: Sighting; nowMs: number }): number {
  const watchedMs = nowMs - sighting.sinceMs;
  if (stat.size === 0) return Math.ceil(EMPTY_MS - watchedMs);
  return Math.ceil(SETTLE_MS - Math.max(nowMs - stat.mtimeMs, watchedMs));
}
