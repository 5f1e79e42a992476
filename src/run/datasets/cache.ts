import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { timestamp } from "../../lib/clock.ts";
import { unlessRefused } from "../../lib/errno.ts";
import { uuid } from "../../lib/random.ts";
import { readOwnFile } from "../../lib/regular-file.ts";
import { parseJson } from "../../model/check.ts";
import { type Remembered, remembered } from "../../model/data-cache.ts";
import type { Algorithm } from "./digest.ts";
import { bytesOf } from "./tree.ts";

/*
 * What data was found to be, in a folder of the home: a file for each path and algorithm. It is valid as long as the stamp of the data
 * stays, and all of it can be removed at any time. Any number of processes may read and write it: a file is replaced by a rename, and of
 * two writers the last one wins. Nothing is synced: a torn file is no JSON, and counts as none.
 */

/** Of so many checksums of one path it is known which task had them. */
const MAX_HAD = 16;
/** More files than these are not kept; then so many of the oldest are removed. */
const MAX_KEPT = 1_000;
const REMOVED_AT_ONCE = 100;
/** More than any file holds. */
const MAX_BYTES = 65_536;
/** What a killed process left of a write is removed after this time. */
const LEFT_MS = 3_600_000;

/** One path with one algorithm. */
export class CachedDigest {
  readonly #folder: string;
  readonly #file: string;
  /** Taken by the process that reads the data. */
  readonly lock: string;

  /** `root` is the path without links, a character for each byte. */
  constructor(folder: string, root: string, algorithm: Algorithm) {
    const hasher = new Bun.CryptoHasher("sha256").update(bytesOf(`${algorithm}\0${root}`));
    const name = hasher.digest("hex").slice(0, 32);
    this.#folder = folder;
    this.#file = join(folder, `${name}.json`);
    this.lock = join(folder, `${name}.lock`);
  }

  /** What was found last; null where that is not known. */
  recall(): Remembered | null {
    const text = unlessRefused(() => readOwnFile(this.#file, MAX_BYTES), null);
    return text === null ? null : parseJson(remembered, text);
  }

  /** Keeps what was found. That it cannot be written, as on a full disk, costs another reading only. */
  keep(found: Pick<Remembered, "path" | "stamp" | "digest">): void {
    this.#write({ ...found, had: this.recall()?.had ?? [] });
  }

  /** Notes that a task runs with this checksum. */
  noteTask(task: string, digest: string, nowMs: number): void {
    const known = this.recall();
    const last = known?.had.findLast((one) => one.digest === digest);
    if (known === null || last?.task === task) return;
    const others = known.had.filter((one) => one.digest !== digest);
    this.#write({ ...known, had: [...others, { digest, task, at: timestamp(nowMs) }].slice(-MAX_HAD) });
  }

  #write(entry: Remembered): void {
    unlessRefused(() => {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      prune(this.#folder);
      const staged = `${this.#file}.${uuid()}`;
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
      const file = openSync(staged, flags, 0o600);
      try {
        writeSync(file, `${JSON.stringify(entry)}\n`);
      } finally {
        closeSync(file);
      }
      renameSync(staged, this.#file);
    }, undefined);
  }
}

/** Keeps the number of files in bounds. */
function prune(folder: string): void {
  const names = readdirSync(folder);
  const changedMs = (name: string): number =>
    statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
  const staged = names.filter((name) => !name.endsWith(".json") && !name.endsWith(".lock"));
  const newestMs = Math.max(0, ...staged.map(changedMs));
  const left = staged.filter((name) => changedMs(name) < newestMs - LEFT_MS);
  const kept = names.filter((name) => name.endsWith(".json"));
  const oldest =
    kept.length < MAX_KEPT
      ? []
      : kept
          .map((name) => ({ name, at: changedMs(name) }))
          .toSorted((one, other) => one.at - other.at)
          .slice(0, REMOVED_AT_ONCE)
          .map(({ name }) => name);
  for (const name of [...left, ...oldest]) rmSync(join(folder, name), { force: true });
}
