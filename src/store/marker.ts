import { existsSync } from "node:fs";
import { replaceSynced } from "./durable.ts";
import { tryFs } from "./fs-errors.ts";

/** An empty file of the home that says, once and for all, that something has happened in it. */
export class Marker {
  readonly #path: string;
  readonly #tmp: string;
  #isSet: boolean;

  constructor(path: string, tmp: string) {
    this.#path = path;
    this.#tmp = tmp;
    this.#isSet = existsSync(path);
  }

  get isSet(): boolean {
    return this.#isSet;
  }

  /** Where the disk refuses it, it holds for this process, and is tried again. */
  set(): void {
    if (this.#isSet && existsSync(this.#path)) return;
    tryFs("leave a mark in the home", () => replaceSynced(this.#path, "", this.#tmp));
    this.#isSet = true;
  }
}
