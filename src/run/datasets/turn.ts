import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { pid } from "node:process";
import { unlessRefused } from "../../lib/errno.ts";
import { bootId, isAlive, isStopped, startTimeOf } from "../../lib/host.ts";
import { uuid } from "../../lib/random.ts";
import { readOwnFile } from "../../lib/regular-file.ts";
import { parseJson } from "../../model/check.ts";
import { type DataReader, dataReader } from "../../model/data-cache.ts";

/** The turn, until it is disposed of. */
class Turn implements Disposable {
  readonly #lock: string;

  constructor(lock: string) {
    this.#lock = lock;
  }

  [Symbol.dispose](): void {
    unlessRefused(() => rmSync(this.#lock, { force: true }), undefined);
  }
}

/** More than any of these files holds. */
const MAX_BYTES = 8_192;

/**
 * Takes the turn to read some data, so that of many attempts with the same data one reads it; returns the reader that has it. A turn
 * saves work and decides nothing: that of a dead or stopped process is taken over, and where none can be had, the data is read without.
 */
export function takeTurn(lock: string, directory: string): Turn | DataReader {
  const own: DataReader = { pid, startTime: startTimeOf(pid) ?? "unknown", bootId: bootId(), directory };
  const staged = `${lock}.${uuid()}`;
  const isTaken = (): boolean =>
    unlessRefused(() => {
      mkdirSync(dirname(lock), { recursive: true, mode: 0o700 });
      writeFileSync(staged, JSON.stringify(own), { mode: 0o600, flag: "wx" });
      linkSync(staged, lock);
      return true;
    }, false);
  try {
    if (isTaken()) return new Turn(lock);
    const other = readerOf(lock);
    if (other !== null) return other;
    unlessRefused(() => rmSync(lock, { force: true }), undefined);
    return new Turn(lock);
  } finally {
    unlessRefused(() => rmSync(staged, { force: true }), undefined);
  }
}

/** The living process that has the turn; null for none. */
function readerOf(lock: string): DataReader | null {
  const text = unlessRefused(() => readOwnFile(lock, MAX_BYTES), null);
  const found = text === null ? null : parseJson(dataReader, text);
  if (found === null || found.bootId !== bootId() || !isAlive(found)) return null;
  return isStopped(found.pid) ? null : found;
}
