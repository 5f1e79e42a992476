import { watch } from "node:fs";
import { basename, dirname } from "node:path";

/**
 * Calls `nudge` where a file in its folder may have changed, also where it is made, replaced or removed; nothing where the system refuses
 * the watch. Other files of the folder, which may change often, nudge nothing.
 */
export function watchFile(path: string, nudge: () => void): Disposable {
  const name = basename(path);
  try {
    const watcher = watch(dirname(path), (_event, changed) => {
      if (changed === name) nudge();
    });
    watcher.on("error", () => {});
    return { [Symbol.dispose]: () => watcher.close() };
  } catch {
    return { [Symbol.dispose]: () => {} };
  }
}
