import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "./stint.ts";

/** Debian's libfaketime, built for programs with threads; null where it is not installed. */
export const FAKETIME = findFaketime();

function findFaketime(): string | null {
  try {
    const found = readdirSync("/usr/lib").map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`);
    return found.find((path) => Bun.file(path).size > 0) ?? null;
  } catch {
    return null;
  }
}

/**
 * A home whose commands, supervisors and jobs all see one wall clock that a test sets; time awake passes as ever.
 * The library reads the clock's distance from the true one out of a file, at every question for the time.
 */
export class JumpingStint extends Stint {
  readonly #shift = join(this.root, "clock");

  constructor() {
    super();
    this.setClock(0);
  }

  override get env(): Record<string, string> {
    return {
      ...super.env,
      LD_PRELOAD: FAKETIME ?? "",
      FAKETIME_TIMESTAMP_FILE: this.#shift,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** Sets the clock so many hours before or after the true time, under everything that runs. */
  setClock(hours: number): void {
    // Renamed into place: a process that asks for the time meanwhile must not read half of it.
    writeFileSync(`${this.#shift}.new`, `${hours < 0 ? "" : "+"}${hours}h\n`);
    renameSync(`${this.#shift}.new`, this.#shift);
  }
}
