import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { kindOfName } from "../../intake/inbox-name.ts";
import { counted } from "../../lib/counted.ts";
import { NAME_PATTERN, nameOf, numberOf, type TaskId } from "../../model/identity.ts";
import { directoryOf, PLACES, STATES, type StateDirectory } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import { definitionNames, versionsOf } from "../../store/definitions.ts";
import { topicsIn } from "../../store/feed-files.ts";
import { inventoryOf } from "../../store/inventory-file.ts";
import type { Layout } from "../../store/layout.ts";
import { recentNames } from "../../store/names.ts";
import { openGroups } from "../../store/open-groups.ts";
import { idsIn, readTask } from "../../store/reader.ts";
import type { Completes, OfferedWord, TasksFor } from "../command-line/declare.ts";

/** A shell offers this many tasks, the newest. */
const MAX_TASKS = 50;
/** Records that are read for one completion. */
const MAX_READ = 200;
/** A longer folder (some 50,000 names) takes too long to list: of its tasks only the newest are offered. */
const MAX_LISTED_BYTES = 2 * 1_024 * 1_024;

const ALL: TasksFor = { eligible: () => true };

/** The names of objects in a home, read within bounds so that a shell need not wait; `typed` is how the word begins. */
export class Objects {
  readonly #layout: Layout;
  readonly #isPaused: (path: string) => boolean;
  readonly #ids = new Map<StateDirectory, readonly TaskId[]>();

  /** `pausedIn` tells whether the text of a schedule pauses it: to load it takes longer than most answers. */
  constructor(layout: Layout, pausedIn: (text: string) => boolean | null) {
    this.#layout = layout;
    this.#isPaused = (path) => {
      try {
        return pausedIn(readFileSync(path, "utf8")) === true;
      } catch {
        return false;
      }
    };
  }

  offers(completes: Completes, typed: string): OfferedWord[] {
    if (typeof completes === "object") return this.#tasks(completes, typed);
    switch (completes) {
      case "tasks":
        return this.#tasks(ALL, typed);
      case "names":
        return this.#sample().map((task): OfferedWord => [task.metadata.name, task.status.state]);
      case "sweeps":
        return this.#sweeps();
      case "openGroups":
        return openGroups(this.#layout).map(({ name }): OfferedWord => [name, "open group"]);
      case "labels":
        return this.#labels(typed);
      case "lanes":
        return this.#sample().flatMap(({ spec }): OfferedWord[] =>
          spec.slot === undefined ? [] : [[spec.slot, "lane"]],
        );
      case "topics":
        return topicsIn(this.#layout).map((name): OfferedWord => [name, "topic"]);
      case "laneLimits":
        return this.offers("lanes", typed).map(([name, meaning]): OfferedWord => [`${name}=`, meaning]);
      case "labelLimits":
        return this.#labels(typed).map(
          ([label, meaning]): OfferedWord => [label.replace(/=?$/, "="), meaning],
        );
      case "schedules":
        return schedulesOf(this.#layout);
      case "firingSchedules":
        return schedulesOf(this.#layout, (path) => !this.#isPaused(path));
      case "pausedSchedules":
        return schedulesOf(this.#layout, this.#isPaused);
      case "definitions":
        return definitionNames(this.#layout).flatMap((name): OfferedWord[] => {
          const versions = versionsOf(this.#layout, name);
          return [
            [name, `${versions.length} versions`],
            ...versions.map((one) => [`${name}@${one}`, ""] as const),
          ];
        });
      case "gpus":
        return this.#devices().map(({ index, name }): OfferedWord => [String(index), name]);
      case "gpuModels":
        return this.#devices().map(({ name }): OfferedWord => [name, ""]);
      case "files":
      case "folders":
      case "taskFiles":
        return [];
    }
  }

  /** The ids in a folder, the newest last. */
  #idsIn(place: StateDirectory): readonly TaskId[] {
    return this.#ids.getOrInsertComputed(place, () => {
      const size = statSync(this.#layout.place(place), { throwIfNoEntry: false })?.size ?? 0;
      return size > MAX_LISTED_BYTES ? recentNames(this.#layout) : idsIn(this.#layout, place);
    });
  }

  /** The newest tasks in some folders, running ones first. */
  *#newest(places: readonly StateDirectory[], isWanted: (id: TaskId) => boolean): Generator<Task> {
    const lists = PLACES.filter((place) => places.includes(place)).map((place) => ({
      isRunning: place === "running",
      ids: lastOf(this.#idsIn(place), isWanted),
    }));
    const of = (isRunning: boolean): TaskId[] =>
      lists
        .flatMap((list) => (list.isRunning === isRunning ? list.ids : []))
        .sort((left, right) => numberOf(right) - numberOf(left));
    for (const id of new Set([...of(true), ...of(false)].slice(0, MAX_READ))) {
      const read = readTask(this.#layout, id);
      if (read.ok) yield read.value;
    }
  }

  #tasks({ states = STATES, eligible }: TasksFor, typed: string): OfferedWord[] {
    const places = states.map(directoryOf);
    const found = this.#newest(places, beginning(typed))
      .filter((task) => states.includes(task.status.state) && eligible(task))
      .take(MAX_TASKS)
      .toArray();
    const isClear = this.#clearNames(new Set(found.map(({ metadata: { id } }) => nameOf(id))));
    const numbers = found.map(({ metadata: { id, number, name }, status: { state } }): OfferedWord => {
      return [typed.startsWith("0") ? id : String(number), `${name}, ${state}`];
    });
    const names = found
      .filter(({ metadata: { id } }) => isClear(id))
      .map(
        ({ metadata: { number, name }, status: { state } }): OfferedWord => [
          name,
          `task ${number}, ${state}`,
        ],
      );
    return [...numbers, ...names];
  }

  /** Tells whether the name of a task stands for it: it is the only one of the name, or the only unfinished one. */
  #clearNames(names: ReadonlySet<string>): (id: TaskId) => boolean {
    const alike = (places: readonly StateDirectory[]): ReadonlyMap<string, ReadonlySet<TaskId>> => {
      const found = new Map<string, Set<TaskId>>();
      for (const id of places.flatMap((place) => this.#idsIn(place))) {
        const name = nameOf(id);
        if (names.has(name)) found.getOrInsertComputed(name, () => new Set()).add(id);
      }
      return found;
    };
    const [unfinished, ended] = [alike(["running", "pending"]), alike(["done", "dead-letter"])];
    return (id) => {
      const open = unfinished.get(nameOf(id));
      return open === undefined ? ended.get(nameOf(id))?.size === 1 : open.size === 1 && open.has(id);
    };
  }

  /** The newest unfinished tasks, and the newest ended ones. */
  #sample(): Task[] {
    const groups = [["running", "pending"] as const, ["done", "dead-letter"] as const];
    return groups.flatMap((places) =>
      this.#newest(places, () => true)
        .take(MAX_READ / 2)
        .toArray(),
    );
  }

  /** Members have consecutive numbers: one record is read of each sweep. */
  #sweeps(): OfferedWord[] {
    const known: { readonly id: number; readonly size: number; readonly name: string }[] = [];
    for (const place of PLACES) {
      let reads = 0;
      for (const id of this.#idsIn(place).toReversed()) {
        const number = numberOf(id);
        if (known.some((group) => number >= group.id && number < group.id + group.size)) continue;
        if (reads === MAX_READ / PLACES.length) break;
        reads += 1;
        const read = readTask(this.#layout, id);
        const group = read.ok ? read.value.metadata.group : undefined;
        if (group !== undefined) known.push(group);
      }
    }
    return [
      ...this.offers("openGroups", ""),
      ...known.map(({ name, size }): OfferedWord => [name, `sweep of ${counted(size, "task")}`]),
    ];
  }

  /** Keys, or the values of the key that was typed. */
  #labels(typed: string): OfferedWord[] {
    const cut = typed.indexOf("=");
    const pairs = this.#sample().flatMap(({ metadata }) => Object.entries(metadata.labels));
    return pairs
      .filter(([key]) => cut < 0 || key === typed.slice(0, cut))
      .map(([key, value]): OfferedWord => (cut < 0 ? [`${key}=`, "label"] : [`${key}=${value}`, ""]));
  }

  #devices() {
    // However old: the supervisor rarely writes one while nothing changes.
    return inventoryOf(this.#layout, { since: new Date(0).toISOString() })?.devices ?? [];
  }
}

/** The last ids of a list that are wanted, in reverse. */
function lastOf(ids: readonly TaskId[], isWanted: (id: TaskId) => boolean): TaskId[] {
  const found: TaskId[] = [];
  for (let at = ids.length - 1; at >= 0 && found.length < MAX_READ; at -= 1) {
    const id = ids[at];
    if (id !== undefined && isWanted(id)) found.push(id);
  }
  return found;
}

/** Whether the reference that was typed may become that of a task: by number, id or name. */
function beginning(typed: string): (id: TaskId) => boolean {
  if (typed === "") return () => true;
  if (/^\d/.test(typed)) return (id) => String(numberOf(id)).startsWith(typed) || id.startsWith(typed);
  // The name in an id may be shortened.
  return (id) => nameOf(id).startsWith(typed) || typed.startsWith(nameOf(id));
}

function schedulesOf(layout: Layout, isWanted: (path: string) => boolean = () => true): OfferedWord[] {
  return readdirSync(layout.schedules)
    .filter((file) => kindOfName(file) === "task")
    .filter((file) => isWanted(join(layout.schedules, file)))
    .map((file) => basename(file, extname(file)))
    .filter((name) => NAME_PATTERN.test(name))
    .map((name): OfferedWord => [name, "schedule"]);
}
