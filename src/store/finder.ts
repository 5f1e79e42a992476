import { statSync } from "node:fs";
import { numberOf, type TaskId } from "../model/identity.ts";
import { PLACES } from "../model/state.ts";
import type { Layout } from "./layout.ts";
import { notedNames, renoteNames } from "./names.ts";
import { allIds, readTask } from "./reader.ts";

/** The folders of a home with some thousand tasks; what is smaller is listed in no time (ext4: 40 bytes a name, others fewer). */
const LONG_BYTES = 128 * 1_024;

/** True where to list all tasks takes longer than to look for one. */
export function isLong(layout: Layout): boolean {
  return PLACES.some(
    (place) => (statSync(layout.place(place), { throwIfNoEntry: false })?.size ?? 0) > LONG_BYTES,
  );
}

/**
 * Finds tasks by their numbers. In a long home their names are looked up, and each is made sure of by its record; where that does
 * not lead to one, all of it is listed, once.
 */
export class Finder {
  readonly #layout: Layout;
  readonly #isLong: boolean;
  #isNoted = false;
  #ids: readonly TaskId[] | null = null;
  #byNumber: ReadonlyMap<number, readonly TaskId[]> | null = null;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#isLong = isLong(layout);
  }

  /** Every id of the home, in the order of their numbers. */
  get ids(): readonly TaskId[] {
    return (this.#ids ??= allIds(this.#layout));
  }

  /** The ids that bear a number: mostly one. Of one whose record is spoilt too. */
  byNumber(number: number): readonly TaskId[] {
    if (this.#ids === null && this.#isLong) {
      const noted = notedNames(this.#layout, number).filter((id) => this.has(id));
      if (noted.length > 0) return noted;
    }
    this.#byNumber ??= Map.groupBy(this.ids, numberOf);
    const listed = this.#byNumber.get(number) ?? [];
    // It was not noted: by a stint that did not do so, or before a power cut.
    if (listed.length > 0 && this.#isLong) this.#note();
    return listed;
  }

  /** The ids of all numbers in a range that are there. */
  inRange(first: number, last: number): readonly TaskId[] {
    const noted: TaskId[] = [];
    for (let number = first; this.#isLong && this.#ids === null && number <= last; number += 1) {
      noted.push(...this.byNumber(number));
    }
    // Where one is not noted, all of them are listed by now.
    if (this.#isLong && this.#ids === null) return noted;
    return this.ids.filter((id) => numberOf(id) >= first && numberOf(id) <= last);
  }

  /** True where the task has a record, whatever is in it. */
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
