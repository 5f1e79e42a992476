import { mkdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type InboxFinding, type InboxMemory, isAsSeen, NO_MEMORY, scanning } from "../../intake/inbox.ts";
import { runSlice, type Steps } from "../../lib/steps.ts";
import type { Problem } from "../../model/errors.ts";
import { acceptedFiles, newBatch } from "../../store/batch.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { putBack, takeFile, takenFiles } from "../../store/inbox-files.ts";
import { LogOnce } from "../log-once.ts";
import type { Supervisor } from "../supervisor.ts";
import { inboxTrust } from "./inbox-trust.ts";
import { GO_ON_MS } from "./publish.ts";
import { refusal } from "./reading.ts";
import { Retries } from "./retries.ts";
import { type OnBehalf, TakenFiles } from "./taken-files.ts";

/** Where files are taken from, and on whose behalf what they ask for is queued. */
interface InboxOptions extends OnBehalf {
  readonly directories: readonly string[];
}

/** A file that was taken and not accepted is given back after this long. */
const GIVE_BACK_MS = 100;
/** A folder of which no event came is looked into this often. */
const LOOK_MS = 1_900;
/** A reader is looked after this often; it says itself when it is done. */
const READER_LOOK_MS = 1_000;
/** One of the folders that files are taken from. */
interface Inbox {
  readonly directory: string;
  memory: InboxMemory;
  /** When it is looked into next, as `Clock.awakeMs`, and whether something in it is known to wait until then. */
  dueAwakeMs: number;
  isAwaited: boolean;
}

/** The inboxes of a home: a round through those that are due takes their files, a little each turn, and has them read beside the loop. */
export class Inboxes implements Disposable {
  readonly #supervisor: Supervisor;
  readonly #inboxes: ReadonlyMap<string, Inbox>;
  readonly #once: LogOnce;
  /** Taken files that their inbox does not take back for now. */
  readonly #kept = new Retries<string>();
  /** What lay taken at the start, and is not sorted yet. */
  readonly #left = new Set<string>();
  readonly #taken: TakenFiles;
  readonly #isTrusted: (directory: string) => boolean;
  #round: Steps<void> | null = null;

  constructor(supervisor: Supervisor, options: InboxOptions) {
    this.#supervisor = supervisor;
    this.#once = new LogOnce(supervisor.context.log);
    this.#isTrusted = inboxTrust(supervisor);
    this.#taken = new TakenFiles(supervisor, options);
    const directories = [...new Set(options.directories.map((one) => resolve(one)))];
    this.#inboxes = new Map(
      directories.map((directory) => [
        directory,
        { directory, memory: NO_MEMORY, dueAwakeMs: 0, isAwaited: false },
      ]),
    );
    for (const directory of directories.filter(this.#isTrusted))
      for (const path of reopen(supervisor, directory)) this.#left.add(path);
    this.#sortLeft();
  }

  /**
   * Of what an earlier supervisor had taken, what it had not accepted is read again. What it had accepted is filed by whoever publishes
   * its batch, however long that takes: read again, it would be queued twice.
   */
  #sortLeft(): void {
    if (this.#left.size === 0) return;
    const { layout, log } = this.#supervisor.context;
    const noted = tryFs("see which files of the inbox were accepted", () => acceptedFiles(layout));
    if (!noted.ok) return this.#leave([...this.#left].join(", "), noted.error);
    // By their names, which are unlike any other: an inbox may be named by another path now.
    const accepted = new Set(noted.value.map((path) => basename(path)));
    for (const path of this.#left) {
      const name = basename(path);
      if (accepted.has(name)) log(`${name}: was accepted before, it is filed once its batch is taken in`);
      else {
        log(`${name}: was taken and not accepted before a crash, it is read again`);
        this.#taken.owed.add(path);
      }
    }
    this.#left.clear();
  }

  /** Something happened in a folder. */
  mark(directory: string): void {
    const inbox = this.#inboxes.get(directory);
    if (inbox !== undefined) inbox.dueAwakeMs = 0;
  }

  /** Goes on with what is to be done; gives when to do so again in ms, null where nothing is about to come. */
  tick(): number | null {
    const { clock } = this.#supervisor.context;
    const nowMs = clock.awakeMs();
    const inboxes = [...this.#inboxes.values()];
    const isDue = this.#taken.isAny || this.#isOwing || inboxes.some(({ dueAwakeMs }) => dueAwakeMs <= nowMs);
    if (this.#round !== null || isDue) {
      const round = this.#round ?? this.#goRound();
      // Where it throws, it begins anew.
      this.#round = null;
      const progress = runSlice(round, clock);
      if (!progress.isDone) {
        this.#round = round;
        return progress.isWaiting ? READER_LOOK_MS : GO_ON_MS;
      }
    }
    // Something may have come into one while the round was elsewhere, and no event tells of it again.
    const waits = inboxes
      .filter(({ isAwaited, dueAwakeMs }) => isAwaited || dueAwakeMs <= clock.awakeMs())
      .map(({ dueAwakeMs }) => dueAwakeMs - clock.awakeMs());
    if (this.#isOwing) waits.push(GIVE_BACK_MS);
    return waits.length === 0 ? null : Math.max(0, Math.min(...waits));
  }

  /** What an inbox does not take back is left to the rounds that come anyway. */
  get #isOwing(): boolean {
    for (const path of this.#taken.owed) if (!this.#kept.has(path)) return true;
    return false;
  }

  /** One inbox that cannot be written holds nothing else up. */
  #giveBack(path: string): void {
    const { clock, log } = this.#supervisor.context;
    const given = tryFs(`give ${path} back to its inbox`, () => putBack(path));
    if (!given.ok) {
      if (this.#kept.postpone(path, clock.awakeMs()) === 1)
        log(`${given.error.message}; it is tried again now and then`);
      return;
    }
    this.#kept.forget(path);
    this.#taken.owed.delete(path);
    this.mark(dirname(dirname(path)));
  }

  *#goRound(): Steps<void> {
    this.#sortLeft();
    for (const path of this.#taken.owed) {
      if (!this.#kept.isDue(path, this.#supervisor.context.clock.awakeMs())) continue;
      this.#giveBack(path);
      yield;
    }
    for (const inbox of this.#inboxes.values()) {
      yield;
      if (inbox.dueAwakeMs <= this.#supervisor.context.clock.awakeMs()) yield* this.#lookInto(inbox);
    }
    yield* this.#taken.read();
  }

  *#lookInto(inbox: Inbox): Steps<void> {
    const { clock } = this.#supervisor.context;
    const { directory, memory } = inbox;
    // What happens there from now on is for the next look.
    inbox.dueAwakeMs = clock.awakeMs() + LOOK_MS;
    if (!this.#isTrusted(directory)) return;
    const look = yield* scanning(directory, { memory, nowMs: clock.now() });
    inbox.memory = look.memory;
    inbox.isAwaited = look.againInMs !== null;
    if (look.againInMs !== null)
      inbox.dueAwakeMs = Math.min(inbox.dueAwakeMs, clock.awakeMs() + look.againInMs);
    for (const finding of look.findings) {
      if (finding.verdict === "wait") continue;
      this.#meet(directory, finding);
      yield;
      if (this.#taken.isFull) yield* this.#taken.read();
    }
  }

  /** Takes a file, unless it has changed meanwhile. */
  #meet(directory: string, finding: InboxFinding): void {
    const { log } = this.#supervisor.context;
    const { file, verdict, reason } = finding;
    const path = join(directory, file);
    if (verdict === "ignore") return log(`${path} is left alone: ${reason}`);
    if (!isAsSeen(directory, finding)) return this.mark(directory);
    const taken = tryFs(`take ${path}`, () =>
      takeFile(directory, { file, batch: newBatch(), raw: finding.raw }),
    );
    if (!taken.ok) return this.#leave(path, taken.error);
    if (taken.value === null) return;
    this.#once.forget(path);
    const one = { path: taken.value, file, directory };
    if (verdict === "refuse") this.#taken.refuse(one, refusal(file, reason));
    else this.#taken.add(one);
  }

  /** A name that is too long, a folder that is not ours to write: nothing that the queue should wait for. It is tried again. */
  #leave(path: string, found: Problem): void {
    if (found.code === "DISK_FULL") return this.#supervisor.committer.enterDegraded(found);
    this.#once.log(path, `${path} is left alone: ${found.message}`);
  }

  /** What it was about to read is given back at the next start. */
  [Symbol.dispose](): void {
    this.#taken[Symbol.dispose]();
  }
}

/** Makes an inbox where there is none; gives what an earlier supervisor had taken out of it. */
function reopen(supervisor: Supervisor, directory: string): string[] {
  const opened = tryFs(`open the inbox "${directory}"`, () => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return takenFiles(directory);
  });
  if (!opened.ok) supervisor.context.log(opened.error.message);
  return opened.ok ? opened.value : [];
}
