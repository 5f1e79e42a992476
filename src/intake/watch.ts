import { realpathSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { errnoOf } from "../lib/errno.ts";
import { kindOfName } from "./inbox-name.ts";

/** What a watch tells. Events say only that something happened: the caller looks for itself, at its own pace. */
export interface WatchOptions {
  /** Something changed in this folder, or it came or went. */
  readonly nudge: (path: string) => void;
  /** The system refuses to watch (on Linux, its limit of inotify watches); a sentence. Looking now and then still works. */
  readonly onProblem: (text: string) => void;
}

/** Folders under watch. */
export interface DirectoryWatch extends AsyncDisposable {
  /** Watches folders anew that were made again unnoticed; for every half minute. */
  readonly refresh: () => void;
}

interface Watched {
  readonly path: string;
  watcher: FSWatcher;
  /** Which folder it was when the watch began; null where there was none. */
  identity: string | null;
}

/** Watches folders, not what lies in their folders, until it is disposed of. They may come and go. */
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
      // Reports a delete and a create as they come, without holding the delete back to see whether a create follows.
      atomic: false,
      ignored: (candidate) =>
        resolve(dirname(candidate)) === root && kindOfName(basename(candidate)) === "passing",
    });
    watcher.on("all", (event, changed) => {
      // Chokidar is deaf for good to a folder that was deleted and made again; on the path of its root it says only that.
      if (resolve(changed) === root && event !== "unlinkDir") renew(path);
      nudge(path);
    });
    // At once: chokidar itself looks into the folder before it says what happened there, which takes milliseconds.
    watcher.on("raw", (_event, changed) => isNews(changed) && nudge(path));
    // What came while the watch was being set up made no event.
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
  for (const path of new Set(paths.map((one) => resolve(one)))) {
    watched.set(path, { path, identity: identityOf(path), watcher: open(path) });
  }

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

/** False for the name of work in progress. */
function isNews(changed: unknown): boolean {
  return typeof changed === "string" && kindOfName(basename(changed)) !== "passing";
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** One folder for all time: another one under the same name has another inode or time of birth. */
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
