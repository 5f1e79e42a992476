import { realpathSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { errnoOf } from "../lib/errno.ts";
import { kindOfName } from "./inbox-name.ts";

/** The callbacks of a watch. An event says only that something changed; the caller scans the folder itself. */
export interface WatchOptions {
  /** Something changed in this folder, or it was created or removed. */
  readonly nudge: (path: string) => void;
  /** A sentence: the system refuses to watch (on Linux, the limit of inotify watches). Periodic scans still work. */
  readonly onProblem: (text: string) => void;
}

export interface DirectoryWatch extends AsyncDisposable {
  /** Watches again folders that were replaced unnoticed; to be called every half minute. */
  readonly refresh: () => void;
}

interface Watched {
  readonly path: string;
  watcher: FSWatcher;
  /** The identity of the folder when the watch began; null where it was missing. */
  identity: string | null;
}

/** Watches folders, not their subfolders, until it is disposed of. They may be created and removed meanwhile. */
export function watchDirectories(
  paths: readonly string[],
  { nudge, onProblem }: WatchOptions,
): DirectoryWatch {
  let isClosed = false;
  const closing = new Set<Promise<void>>();
  const told = new Set<string>();

  const open = (path: string): FSWatcher => {
    // A link to a folder is followed, links in the folder are not.
    const root = realPathOf(path);
    const watcher = watch(root, {
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      // Reports a delete at once; chokidar would hold it back to see whether a create follows.
      atomic: false,
      ignored: (candidate) =>
        resolve(dirname(candidate)) === root && kindOfName(basename(candidate)) === "passing",
    });
    watcher.on("all", (event, changed) => {
      // Chokidar reports nothing more of a folder that was deleted and created again; the event for its root is the last.
      if (resolve(changed) === root && event !== "unlinkDir") renew(path);
      nudge(path);
    });
    // The raw event comes at once; chokidar first reads the folder, which takes milliseconds.
    watcher.on("raw", (_event, changed) => isRelevant(changed) && nudge(path));
    // Files that arrived while the watch was set up caused no event.
    watcher.on("ready", () => nudge(path));
    watcher.on("error", (error) => tell(path, error));
    return watcher;
  };

  const tell = (path: string, error: unknown): void => {
    const text = `Cannot watch "${path}": ${reasonOf(error)}`;
    if (told.has(text)) return;
    told.add(text);
    onProblem(text);
  };

  const renew = (path: string): void => {
    const one = watched.get(path);
    if (one === undefined || isClosed) return;
    const old = one.watcher.close().catch((error: unknown) => tell(path, error));
    closing.add(old);
    void old.then(() => closing.delete(old));
    one.identity = identityOf(path);
    one.watcher = open(path);
  };

  const watched = new Map<string, Watched>();
  for (const path of new Set(paths.map((one) => resolve(one))))
    watched.set(path, { path, identity: identityOf(path), watcher: open(path) });

  return {
    refresh: () => {
      for (const { path, identity } of watched.values()) {
        if (isClosed || identityOf(path) === identity) continue;
        renew(path);
        nudge(path);
      }
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      await Promise.all([...closing, ...[...watched.values()].map(({ watcher }) => watcher.close())]);
    },
  };
}

/** False for a temporary file. */
function isRelevant(changed: unknown): boolean {
  return typeof changed === "string" && kindOfName(basename(changed)) !== "passing";
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The identity of a folder: another one under the same name has another inode or birth time. */
function identityOf(path: string): string | null {
  try {
    const { dev, ino, birthtimeMs } = statSync(path);
    return `${dev} ${ino} ${birthtimeMs}`;
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  const errno = errnoOf(error);
  if (errno === "ENOSPC")
    return "the system's limit of watched files is reached (fs.inotify.max_user_watches), new files are seen later";
  if (errno === "EMFILE")
    return "too many files are open (fs.inotify.max_user_instances or ulimit -n), new files are seen later";
  return error instanceof Error ? error.message : String(error);
}
