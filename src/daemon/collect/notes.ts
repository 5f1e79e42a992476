import { oneLine } from "../../lib/printable.ts";

/** A record stays small: so many notes of one part are kept, each so long. */
const MAX_NOTES = 8;
const MAX_LENGTH = 300;

/** Sentences on what went wrong; those above the limit are counted. */
export class Notes {
  readonly #kept: string[] = [];
  #more = 0;

  add(sentence: string): void {
    if (this.#kept.length < MAX_NOTES) this.#kept.push(oneLine(sentence).slice(0, MAX_LENGTH));
    else this.#more += 1;
  }

  get all(): string[] {
    return this.#more === 0 ? this.#kept : [...this.#kept, `and ${this.#more} more of this kind`];
  }
}
