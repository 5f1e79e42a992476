import { statSync } from "node:fs";
import { numberOf, type TaskId } from "../model/identity.ts";
import { PLACES } from "../model/state.ts";
import type { Layout } from "./layout.ts";
import { notedNames, renoteNames } from "./names.ts";
import { allIds, readTask } from "./reader.ts";

/** The size of a directory with some thousand names (ext4: 40 bytes a name, others fewer); a smaller one is listed in no time. */
const LONG_BYTES = 128 * 1_024;

/** True where listing all tasks takes longer than finding one by its number. */
export function isLong(layout: Layout): boolean {
  return PLACES.some(
    (place) => (statSync(layout.place(place), { throwIfNoEntry: false })?.size ?? 0) > LONG_BYTES,
  );
}

/**
 * Finds tasks by their numbers. In a long home it looks the name up in the index and verifies it by the record; where the index has
 * none, it lists the home, once.
 */
export class Finder {
  readonly #layout: Layout;
  readonly #isLong: boolean;
  #isNoted = false;
  #ids: readonly TaskId[] | null;
  #byNumber: ReadonlyMap<number, readonly TaskId[]> | null = null;

  /** `ids`: those of the home where they are known. */
  constructor(layout: Layout, ids: readonly TaskId[] | null = null) {
    this.#layout = layout;
    this.#ids = ids;
    this.#isLong = isLong(layout);
  }

  /** Every id of the home, in the order of their numbers. */
  get ids(): readonly TaskId[] {
    return (this.#ids ??= allIds(this.#layout));
  }

  /** The ids with a number, usually one; also of tasks whose record is corrupt. */
  byNumber(number: number): readonly TaskId[] {
    if (this.#ids === null && this.#isLong) {
      const noted = notedNames(this.#layout, number).filter((id) => this.has(id));
      if (noted.length > 0) return noted;
    }
    this.#byNumber ??= Map.groupBy(this.ids, numberOf);
    const listed = this.#byNumber.get(number) ?? [];
    // The index lacks it: an older version has none, and a power cut may take an entry.
    if (listed.length > 0 && this.#isLong) this.#note();
    return listed;
  }

  /** The ids of all tasks with a number in the range. */
  inRange(first: number, last: number): readonly TaskId[] {
    const noted: TaskId[] = [];
    for (let number = first; this.#isLong && this.#ids === null && number <= last; number += 1)
      noted.push(...this.byNumber(number));
    // Where the index lacked one, the home has been listed by now.
    if (this.#isLong && this.#ids === null) return noted;
    return this.ids.filter((id) => numberOf(id) >= first && numberOf(id) <= last);
  }

  /** True where the task has a record, corrupt or not. */
  has(id: TaskId): boolean {
    const read = readTask(this.#layout, id);
    return read.ok || read.error.type !== "missing";
  }

  #note(): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    renoteNames(this.#layout, this.ids);
  }
}
