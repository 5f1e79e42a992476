import { type FSWatcher, watch } from "node:fs";
import { idFromFileName, type TaskId } from "../../model/identity.ts";
import { PLACES } from "../../model/state.ts";
import type { Layout } from "../../store/layout.ts";
import { ChangeFeed } from "../feed.ts";

/** What may have changed since it was asked last. */
export interface Changes {
  readonly ids: ReadonlySet<TaskId>;
  /** Accepted batches. */
  readonly batches: ReadonlySet<string>;
  /** Changes that are of no task: of the queue as a whole. */
  readonly others: number;
  /** True where it cannot be told what has changed. */
  readonly isUnknown: boolean;
}

/** Notes changes of a home: by its log, and by its folders, as a submission without a supervisor or an editor writes no line. */
export class Watching implements Disposable {
  readonly #feed: ChangeFeed;
  readonly #watchers: FSWatcher[];
  #ids = new Set<TaskId>();
  #batches = new Set<string>();

  /** `nudge` is called where something may have changed. */
  constructor(layout: Layout, nudge: () => void) {
    this.#feed = new ChangeFeed(layout, null);
    const noteId = (name: string): void => {
      const id = idFromFileName(name);
      if (id !== null) this.#ids.add(id);
    };
    const watched = (folder: string, note: (name: string) => void): FSWatcher[] => {
      try {
        const watcher = watch(folder, (_event, name) => {
          if (name === null) return;
          note(name);
          nudge();
        });
        // What is not seen is found by the next scan.
        watcher.on("error", () => {});
        return [watcher];
      } catch {
        return [];
      }
    };
    this.#watchers = [
      ...PLACES.flatMap((place) => watched(layout.place(place), noteId)),
      ...watched(layout.incoming, (name) => this.#batches.add(name)),
      // Its log, and what else is said of the queue as a whole.
      ...watched(layout.home, () => {}),
    ];
  }

  take(): Changes {
    let [others, isUnknown] = [0, false];
    for (const item of this.#feed.read()) {
      const id = item.type === "gap" ? null : idFromFileName(`${item.line.task}.json`);
      if (item.type === "gap") isUnknown = true;
      else if (id === null) others += 1;
      else this.#ids.add(id);
    }
    const taken = { ids: this.#ids, batches: this.#batches, others, isUnknown };
    this.#ids = new Set();
    this.#batches = new Set();
    return taken;
  }

  [Symbol.dispose](): void {
    this.#feed[Symbol.dispose]();
    for (const watcher of this.#watchers) watcher.close();
  }
}
