import { join } from "node:path";
import { counted } from "../../lib/counted.ts";
import { printable } from "../../lib/printable.ts";
import type { Steps } from "../../lib/steps.ts";
import { isPermanent, type Problem } from "../../model/errors.ts";
import { commitStaged, dropStaged, incomingBatches, newBatch } from "../../store/batch.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { fileRejected, syncTaken } from "../../store/inbox-files.ts";
import { ReaderProcess } from "../reader-process.ts";
import type { Supervisor } from "../supervisor.ts";
import { type OnBehalf, orderSetting } from "./order.ts";
import { type FilesMessage, type FilesOrder, refusal, type TakenFile } from "./reading.ts";
import { notAgain } from "./same-work.ts";

/** Files that one reader reads, and that are accepted as one batch, at most. */
const FILES_AT_ONCE = 1_000;
/** After a reader that could not be started, the next one is started this much later. */
const RETRY_MS = 5_000;
/** A file whose reader was killed is read once more, alone: the cause may have been outside. */
const MAX_ENDS = 2;

/** Files that were taken from an inbox: read beside the loop, then accepted, refused, or returned to their inbox. */
export class TakenFiles implements Disposable {
  readonly #supervisor: Supervisor;
  readonly #onBehalf: OnBehalf;
  /** The paths of files that are to be given back. */
  readonly owed = new Set<string>();
  /** Files that are read once more, because what they wait for may have been dropped together with them. */
  readonly #second = new Set<string>();
  /** How often a reader ended at a file. */
  readonly #ends = new Map<string, number>();
  /** Those that are not read yet. */
  readonly #ready: TakenFile[] = [];
  #reader: ReaderProcess<FilesMessage> | null = null;

  constructor(supervisor: Supervisor, onBehalf: OnBehalf) {
    this.#supervisor = supervisor;
    this.#onBehalf = onBehalf;
  }

  /** True where some are not read yet. */
  get isAny(): boolean {
    return this.#ready.length > 0;
  }

  /** True where as many wait as are read together. */
  get isFull(): boolean {
    return this.#ready.length >= FILES_AT_ONCE;
  }

  add(one: TakenFile): void {
    this.#ready.push(one);
  }

  /** Reads all that wait. */
  *read(): Steps<void> {
    while (this.#ready.length > 0) yield* this.#readSome();
  }

  /** Has some of the files read, and accepts what is staged of them. */
  *#readSome(): Steps<void> {
    const files = this.#nextFiles();
    const { clock, layout, self, environment } = this.#supervisor.context;
    const batch = newBatch();
    const order: FilesOrder = {
      kind: "files",
      batch,
      files,
      ...orderSetting(this.#supervisor, this.#onBehalf),
    };
    const begun = tryFs("read files of the inbox in a process of its own", () => {
      return new ReaderProcess<FilesMessage>(order, {
        layout,
        clock,
        self,
        environment,
        nudge: this.#supervisor.nudge,
      });
    });
    if (!begun.ok) {
      for (const { path } of files) this.owed.add(path);
      return this.#supervisor.committer.enterDegraded(begun.error);
    }
    const reader = (this.#reader = begun.value);
    while (!reader.isOver) yield "wait";
    this.#reader = null;
    const left = new Set(files);
    for (const told of reader.told) {
      if (told.type === "failed") {
        this.#supervisor.committer.enterDegraded(told.problem);
        for (const one of left) this.owed.add(one.path);
        return dropStaged(layout, batch);
      }
      if (told.type === "at") continue;
      if (told.type === "same") {
        this.#supervisor.context.log(`${files[told.file]?.file}: ${notAgain(told.ids)}`);
        continue;
      }
      const places = told.type === "refused" ? [told.file] : told.files;
      const some = places.map((place) => files[place]).filter((one) => one !== undefined);
      for (const one of some) left.delete(one);
      if (told.type === "staged") this.#commit(batch, some);
      else for (const one of some) this.refuse(one, told.problem);
      yield;
    }
    if (!reader.told.some(({ type }) => type === "staged")) yield* this.#blame(reader, { files, left });
    this.#ready.unshift(...left);
    // Not on top of what the disk refused.
    if (this.#supervisor.committer.degraded !== null) yield "wait";
  }

  /** One at which a reader was ended is read alone. */
  #nextFiles(): TakenFile[] {
    const isSuspect = ({ path }: TakenFile): boolean => this.#ends.has(path);
    const suspect = this.#ready.findIndex(isSuspect);
    return this.#ready.splice(0, suspect < 0 ? FILES_AT_ONCE : Math.max(1, Math.min(suspect, FILES_AT_ONCE)));
  }

  #commit(batch: string, files: readonly TakenFile[]): void {
    if (files.length === 0) return;
    const { layout } = this.#supervisor.context;
    const committed = tryFs("queue the tasks", () => {
      syncTaken(files.map(({ path }) => path));
      commitStaged(layout, batch);
    });
    if (!committed.ok) {
      // Committed before the disk refused to sync it, the batch counts: read again, the files would be queued twice.
      const isCommitted = tryFs("look for it", () => incomingBatches(layout).includes(batch));
      if (isCommitted.ok && !isCommitted.value) {
        for (const { path } of files) this.owed.add(path);
        tryFs("drop what was staged", () => dropStaged(layout, batch));
      }
      return this.#supervisor.committer.enterDegraded(committed.error);
    }
    for (const { path } of files) this.#ends.delete(path);
    // What was queued now may be what others wait for.
    this.#second.clear();
  }

  /** Puts a file on its shelf, or has it tried again where that may help. */
  refuse(one: TakenFile, found: Problem): void {
    const { code, message, hint } = found;
    const { log } = this.#supervisor.context;
    const path = join(one.directory, one.file);
    const isSecond = this.#second.delete(path);
    if (code === "INVALID_DEPENDENCY" && !isSecond) {
      this.#second.add(path);
      this.owed.add(one.path);
      return;
    }
    if (!isPermanent(found)) {
      this.owed.add(one.path);
      return this.#supervisor.committer.enterDegraded(found);
    }
    this.#ends.delete(one.path);
    const reason = `${message}\n${hint === undefined ? "" : `${hint}\n`}`;
    const toldIn = tryFs("refuse it", () => fileRejected(one.path, printable(reason)));
    // Not on its shelf, it is read again at the next start.
    log(
      toldIn.ok
        ? `${path} was refused, the reason is in ${toldIn.value}`
        : `${path} was refused: ${message}; ${toldIn.error.message}`,
    );
  }

  /** The reader did not come to its end: what it was at when that happened is to blame, or the system. */
  *#blame(
    reader: ReaderProcess<FilesMessage>,
    { files, left }: { files: readonly TakenFile[]; left: Set<TakenFile> },
  ): Steps<void> {
    const { clock, log } = this.#supervisor.context;
    const end = `the process that read it ${reader.end}`;
    if (reader.told.length === 0) {
      log(`files of the inbox wait: ${end} before it began`);
      const untilMs = clock.awakeMs() + RETRY_MS;
      while (clock.awakeMs() < untilMs) yield "wait";
      return;
    }
    const suspects = [...left].filter((one) => reader.at === null || one === files[reader.at]);
    for (const one of suspects) {
      const times = (this.#ends.get(one.path) ?? 0) + 1;
      this.#ends.set(one.path, times);
      log(`${join(one.directory, one.file)}: ${end}`);
      if (times < MAX_ENDS) continue;
      left.delete(one);
      this.refuse(one, refusal(one.file, `${end}, ${counted(times, "time")}`));
    }
  }

  /** What is being read is given back at the next start. */
  [Symbol.dispose](): void {
    this.#reader?.[Symbol.dispose]();
  }
}
