import { closeSync, fsyncSync, lstatSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, unlessRefused } from "../lib/errno.ts";
import { type ProcessIdentity, startTimeIn, startTimeOf } from "../lib/host.ts";
import { readOwnFile } from "../lib/regular-file.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { ATTEMPT_FILES } from "../model/attempt-files.ts";
import { type Ending, endingFromShell } from "../model/evidence.ts";

/** What the recording parent records before it runs the job. */
export interface StartRecord extends ProcessIdentity {
  readonly bootId: string;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** The control group of the job; null where it has none. */
  readonly group: string | null;
  /** The job itself, which leads its own session and process group; null until it exists. */
  readonly job: ProcessIdentity | null;
}

/** What recovery writes as the start record; a recording parent that comes later runs nothing. */
const SEIZED = "seized\n";

/** The path of the start record. */
export function startFile(directory: string): string {
  return join(directory, ATTEMPT_FILES.start);
}

/**
 * Reads the start record of an attempt: null for no start yet, `seized` where recovery forbade one, `unreadable` between the creation of
 * the file and its content, or for ever where the disk was full then.
 */
export function readStart(directory: string): StartRecord | "seized" | "unreadable" | null {
  return readIdentity(startFile(directory));
}

/** The last runner of a container, as it recorded itself; null for none. */
export function readRunner(directory: string): StartRecord | null {
  const found = readIdentity(join(directory, ATTEMPT_FILES.containerRunner));
  return typeof found === "string" ? null : found;
}

function readIdentity(path: string): ReturnType<typeof readStart> {
  const text = contentOf(path);
  if (text === null) return null;
  if (text === SEIZED) return "seized";
  const [pid = "", bootId = "", stat = "", group, job, end = group] = text.split("\n");
  const startedAtMs = modifiedAt(path);
  if (end === undefined || startedAtMs === null || !/^[1-9]\d*$/.test(pid)) return "unreadable";
  // Without /proc the parent does not know its own start time: that of the process with its pid now is used.
  const startTime = stat === "" ? startTimeOf(Number(pid)) : startTimeIn(stat);
  return {
    pid: Number(pid),
    startTime: startTime ?? "gone",
    bootId,
    startedAtMs,
    group: group === undefined || group === "" ? null : group,
    job: job === undefined ? null : identityIn(job),
  };
}

/** The process of a line of /proc/PID/stat. */
function identityIn(stat: string): ProcessIdentity | null {
  const pid = Number.parseInt(stat, 10);
  const startTime = startTimeIn(stat);
  return pid > 0 && startTime !== null ? { pid, startTime } : null;
}

/**
 * Forbids an attempt that has not started, permanently and durably; `taken` where it started or was seized before. The directory must
 * exist. Throws what the system refuses.
 */
export function seizeStart(directory: string): "seized" | "taken" {
  let file: number;
  try {
    file = openSync(startFile(directory), "wx", 0o600);
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return "taken";
    throw error;
  }
  try {
    writeSync(file, SEIZED);
    fsyncSync(file);
    syncDirectory(directory);
  } catch (error) {
    // An empty file would look like a start for ever.
    unlinkSync(startFile(directory));
    throw error;
  } finally {
    closeSync(file);
  }
  return "seized";
}

/** Earlier versions of the recording parent wrote neither `signalled` nor the token. */
const EXIT =
  /^\{"status":(\d{1,3}),(?:"signalled":(true|false),)?"sawTerm":(true|false)(?:,"token":"([^"]*)")?\}\n$/;

/**
 * Reads the result that the recording parent of an attempt wrote; null where there is none, a partial one, or that of another attempt. It
 * counts once the parent is dead: until then, the job itself may have written it.
 */
export function readExit(
  directory: string,
  token: string,
): { readonly ending: Ending; readonly endedAtMs: number } | null {
  const path = join(directory, ATTEMPT_FILES.exit);
  const [text, status, signalled, sawTerm, owner = token] = EXIT.exec(contentOf(path) ?? "") ?? [];
  if (text === undefined || owner !== token) return null;
  const endedAtMs = modifiedAt(path);
  if (endedAtMs === null) return null;
  const wasSignalled = signalled === undefined ? null : signalled === "true";
  return { ending: endingFromShell(Number(status), sawTerm === "true", wasSignalled), endedAtMs };
}

/** The modification time of a file of the attempt, in ms since the epoch (a POSIX shell has no clock); null where it is missing. */
export function modifiedAt(path: string): number | null {
  const found = inDamagedFolder(() => lstatSync(path, { throwIfNoEntry: false }), undefined);
  return found === undefined ? null : Math.floor(found.mtimeMs);
}

/** Errors where a job has removed its folder, changed its mode, or put something else in its place. */
const DAMAGED = ["ENOENT", "ENOTDIR", "EACCES", "EEXIST", "EISDIR", "ELOOP", "EINVAL", "ENXIO"];

/** Does something in the folder of an attempt; returns `otherwise` where the job has damaged the folder, as its end counts all the same. */
export function inDamagedFolder<T>(action: () => T, otherwise: T): T {
  return unlessRefused(action, otherwise, DAMAGED);
}

/** More than any of these files holds. */
const MAX_BYTES = 65_536;

/** The text of a small file of an attempt: null where it is missing, empty for a folder, FIFO, link or huge file, which the job made. */
export function contentOf(path: string): string | null {
  try {
    return readOwnFile(path, MAX_BYTES) ?? "";
  } catch (error) {
    const errno = errnoOf(error) ?? "";
    if (errno === "ENOENT" || errno === "ENOTDIR") return null;
    if (DAMAGED.includes(errno)) return "";
    throw error;
  }
}
