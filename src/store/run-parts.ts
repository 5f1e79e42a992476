import { lstatSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { unlessRefused } from "../lib/errno.ts";
import { namesIn } from "../lib/long-folder.ts";
import { readOwnFile } from "../lib/regular-file.ts";
import { ATTEMPT_FILES, LOG_FILES } from "../model/attempt-files.ts";
import { idFromFileName, type TaskId } from "../model/identity.ts";
import type { RunPart } from "../model/retention.ts";
import { PLACES } from "../model/state.ts";
import { tryFs } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { ASIDE, isThere } from "./quarantine.ts";

const LOGS: readonly string[] = Object.values(LOG_FILES);
const OWN: readonly string[] = Object.values(ATTEMPT_FILES);

/** Files and folders, and their total bytes. */
interface Measured {
  readonly paths: readonly string[];
  readonly bytes: number;
}

/** The content of a task's folder by kind; `own` are stint's files, of no use without the record. */
export type RunParts = Readonly<Record<RunPart | "own", Measured>>;

/** Sorts the content of a task's folder; what cannot be read is left out. */
export function partsOf(layout: Layout, id: TaskId): RunParts {
  const paths: Record<RunPart | "own", string[]> = { own: [], logs: [], artifacts: [], checkpoint: [] };
  const folder = layout.run(id);
  // A link is removed, and not followed: its target is not stint's.
  if (!isFolder(folder)) paths.own.push(folder);
  for (const name of entriesOf(folder)) {
    const path = join(folder, name);
    if (/^\d+$/.test(name) && isFolder(path)) {
      for (const file of entriesOf(path)) {
        if (file === ATTEMPT_FILES.code) addCheckout(path, paths);
        else paths[partOf(file)].push(join(path, file));
      }
    } else if (path === layout.checkpoint(id)) paths.checkpoint.push(path);
    else paths.artifacts.push(path);
  }
  const measured = (of: readonly string[]): Measured => ({
    paths: of,
    bytes: of.reduce((total, path) => total + sizeOf(path), 0),
  });
  return {
    own: measured(paths.own),
    logs: measured(paths.logs),
    artifacts: measured(paths.artifacts),
    checkpoint: measured(paths.checkpoint),
  };
}

const MAX_NOTE_BYTES = 64;

/** Folders of files that come again by themselves. */
const CACHES = ["__pycache__", ".pytest_cache", ".ipynb_checkpoints"];

/** Of the checkout of a snapshot, what the job has added or changed is an artifact. Without the note of when it was made, all that is left is. */
function addCheckout(attempt: string, paths: Record<RunPart | "own", string[]>): void {
  const checkout = join(attempt, ATTEMPT_FILES.code);
  const note = join(attempt, ATTEMPT_FILES.codeMade);
  const made = lstatSync(note, { throwIfNoEntry: false });
  const begunMs = Number.parseFloat(unlessRefused(() => readOwnFile(note, MAX_NOTE_BYTES), null) ?? "");
  const [own, ofJob]: [string[], string[]] = [[], []];
  if (made === undefined || Number.isNaN(begunMs)) ofJob.push(checkout);
  else sortFiles(checkout, { begunMs, madeMs: made.mtimeMs, own, ofJob });
  // In one piece, with its folders.
  if (ofJob.length === 0) paths.own.push(checkout);
  else {
    paths.own.push(...own);
    paths.artifacts.push(...ofJob);
  }
}

function sortFiles(
  folder: string,
  to: {
    readonly begunMs: number;
    readonly madeMs: number;
    readonly own: string[];
    readonly ofJob: string[];
  },
): void {
  const names = entriesOf(folder);
  if (names.length === 0) to.own.push(folder);
  for (const name of names) {
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true && !CACHES.includes(name)) sortFiles(path, to);
    else if (stat !== undefined) {
      // A clock that was set back makes files of the job old.
      const isOurs = stat.mtimeMs >= to.begunMs && stat.mtimeMs <= to.madeMs;
      (isOurs || CACHES.includes(name) ? to.own : to.ofJob).push(path);
    }
  }
}

function partOf(file: string): RunPart | "own" {
  if (LOGS.includes(file)) return "logs";
  return OWN.includes(file) ? "own" : "artifacts";
}

/** Removes paths in a task's folder, and every folder there that is empty then. Throws what the system refuses. */
export function removePaths(layout: Layout, id: TaskId, paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
  const folder = layout.run(id);
  const folders = new Set(paths.flatMap((path) => foldersAbove(path, folder)));
  // The deepest first.
  for (const path of [...folders].toSorted((one, other) => other.length - one.length)) dropEmpty(path);
  for (const name of entriesOf(folder)) dropEmpty(join(folder, name));
  dropEmpty(folder);
}

/** The folders between a path and one that it is in. */
function foldersAbove(path: string, top: string): string[] {
  const above = dirname(path);
  return above.startsWith(`${top}/`) ? [above, ...foldersAbove(above, top)] : [];
}

/** The tasks with a folder in runs/, some at a time. */
export function* runsIn(layout: Layout): Generator<TaskId[]> {
  const blocks = namesIn(layout.runs);
  for (;;) {
    const block = tryFs("list the runs", () => blocks.next());
    if (!block.ok || block.value.done === true) return;
    yield block.value.value.flatMap((name) => idFromFileName(`${name}.json`) ?? []);
  }
}

/** True where a task has a record in a state directory or its quarantine. */
export function isOnRecord(layout: Layout, id: TaskId): boolean {
  return PLACES.some((place) => {
    const path = layout.record(place, id);
    return isThere(path) || isThere(join(dirname(path), ASIDE, basename(path)));
  });
}

/** The latest modification time of anything at or below some paths, in ms since the epoch; 0 for nothing. */
export function lastWritten(paths: readonly string[]): number {
  return paths.reduce((latest, path) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    const below =
      stat?.isDirectory() === true ? lastWritten(entriesOf(path).map((name) => join(path, name))) : 0;
    return Math.max(latest, below, stat?.mtimeMs ?? 0);
  }, 0);
}

function sizeOf(path: string): number {
  return unlessRefused(() => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isDirectory() === true
      ? readdirSync(path).reduce((total, name) => total + sizeOf(join(path, name)), 0)
      : (stat?.size ?? 0);
  }, 0);
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function entriesOf(folder: string): string[] {
  return unlessRefused(() => (isFolder(folder) ? readdirSync(folder) : []), []);
}

/** Removes a folder that is empty; anything else stays. */
function dropEmpty(path: string): void {
  unlessRefused(() => rmdirSync(path), undefined);
}
