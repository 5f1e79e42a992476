import { mkdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type InboxFinding, type InboxMemory, isAsSeen, NO_MEMORY, scanning } from "../../intake/inbox.ts";
import { openForWriting } from "../../lib/open-files.ts";
import { runSlice, type Steps } from "../../lib/steps.ts";
import type { Problem } from "../../model/errors.ts";
import { acceptedFiles, newBatch } from "../../store/batch.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { putBack, takeFile, takenFiles } from "../../store/inbox-files.ts";
import { LogOnce } from "../log-once.ts";
import { READER_LOOK_MS } from "../reader-process.ts";
import type { Supervisor } from "../supervisor.ts";
import { inboxTrust } from "./inbox-trust.ts";
import type { OnBehalf } from "./order.ts";
import { GO_ON_MS } from "./publish.ts";
import { refusal } from "./reading.ts";
import { Retries } from "./retries.ts";
import { TakenFiles } from "./taken-files.ts";

/** The watched directories, and on whose behalf the tasks of their files are queued. */
interface InboxOptions extends OnBehalf {
  readonly directories: readonly string[];
}

/** The wait before a file that a process holds open for writing is looked at again. */
const WRITER_LOOK_MS = 500;
const NONE: ReadonlyMap<string, number> = new Map();
/** The wait before files are given back to their inbox. */
const GIVE_BACK_MS = 100;
/** A directory without a file system event is scanned this often. */
const LOOK_MS = 1_900;
/** A watched directory. */
interface Inbox {
  readonly directory: string;
  memory: InboxMemory;
  /** When it is scanned next, as `Clock.awakeMs`, and whether a file in it is known to be due then. */
  dueAwakeMs: number;
  isAwaited: boolean;
}

/**
 * Accepts the task files of the inboxes. A round, a slice each turn of the loop, scans the directories that are due, claims their files
 * and has them read by a process beside the loop (`taken-files.ts`). It owns the memory of the scans and the files that are claimed.
 *
 * Order of effects for a file:
 *   1. It stood unchanged for long enough (`intake/inbox.ts`), and no process holds it open for writing (`lib/open-files.ts`); a rename
 *      to `.taking/<uuid>-<name>` claims it.
 *   2. The reader process stages its tasks in tmp/ as a batch that names the path in `.taking/`.
 *   3. `.taking/` is synced, then one rename commits the batch into incoming/. From here on the file counts as accepted.
 *   4. The publisher moves the records, then links the file into `.accepted/` and removes it from `.taking/`.
 * A refused file goes to `.rejected/` instead of 2 to 4, its reason before it leaves `.taking/`. Where the system refuses a step before
 * 3, the file is renamed back into the inbox and read again.
 *
 * Invariant: an accepted file is never read again, and one that is not accepted is never lost.
 * A crash before 3 leaves a file in `.taking/` that no batch names: the next supervisor gives it back. A crash after 3 leaves a batch
 * that names it: it is filed once that batch is published, however long that takes.
 */
export class Inboxes implements Disposable {
  readonly #supervisor: Supervisor;
  readonly #inboxes: ReadonlyMap<string, Inbox>;
  readonly #once: LogOnce;
  /** Claimed files that could not be moved back to their inbox. */
  readonly #unreturned = new Retries<string>();
  /** Files that an earlier supervisor had claimed, not yet known to be accepted or not. */
  readonly #leftovers = new Set<string>();
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
      for (const path of reopen(supervisor, directory)) this.#leftovers.add(path);
    this.#sortLeftovers();
  }

  /**
   * Of the files that an earlier supervisor had claimed, those that no batch names are read again. The others were accepted: reading
   * them again would queue their tasks twice.
   */
  #sortLeftovers(): void {
    if (this.#leftovers.size === 0) return;
    const { layout, log } = this.#supervisor.context;
    const noted = tryFs("list the inbox files that were accepted", () => acceptedFiles(layout));
    if (!noted.ok) return this.#leaveAlone([...this.#leftovers].join(", "), noted.error);
    // By base name, which holds a UUID: the inbox may have another path now.
    const accepted = new Set(noted.value.map((path) => basename(path)));
    for (const path of this.#leftovers) {
      const name = basename(path);
      if (accepted.has(name))
        log(`${name}: was accepted before; it is moved to .accepted/ once its tasks are queued`);
      else {
        log(`${name}: was being read when stint crashed; reading it again`);
        this.#taken.owed.add(path);
      }
    }
    this.#leftovers.clear();
  }

  /** A file system event came from a directory: it is due now. */
  mark(directory: string): void {
    const inbox = this.#inboxes.get(directory);
    if (inbox !== undefined) inbox.dueAwakeMs = 0;
  }

  /** Runs one slice of a round where one is due; returns in how many ms to go on, null where no file is about to come in. */
  tick(): number | null {
    const { clock } = this.#supervisor.context;
    const nowMs = clock.awakeMs();
    const inboxes = [...this.#inboxes.values()];
    const isDue = this.#taken.isAny || this.#hasOwed || inboxes.some(({ dueAwakeMs }) => dueAwakeMs <= nowMs);
    if (this.#round !== null || isDue) {
      const round = this.#round ?? this.#runRound();
      // Cleared first: where a step throws, the next turn begins a new round.
      this.#round = null;
      const progress = runSlice(round, clock);
      if (!progress.isDone) {
        this.#round = round;
        return progress.isWaiting ? READER_LOOK_MS : GO_ON_MS;
      }
    }
    // A directory may have become due behind the round, and its event does not come again.
    const waits = inboxes
      .filter(({ isAwaited, dueAwakeMs }) => isAwaited || dueAwakeMs <= clock.awakeMs())
      .map(({ dueAwakeMs }) => dueAwakeMs - clock.awakeMs());
    if (this.#hasOwed) waits.push(GIVE_BACK_MS);
    return waits.length === 0 ? null : Math.max(0, Math.min(...waits));
  }

  /** True where files wait to be given back, beside those that are retried later. */
  get #hasOwed(): boolean {
    for (const path of this.#taken.owed) if (!this.#unreturned.has(path)) return true;
    return false;
  }

  /** Moves a claimed file back to its inbox. An inbox that cannot be written is retried and delays nothing else. */
  #giveBack(path: string): void {
    const { clock, log } = this.#supervisor.context;
    const returned = tryFs(`give ${path} back to its inbox`, () => putBack(path));
    if (!returned.ok) {
      if (this.#unreturned.postpone(path, clock.awakeMs()) === 1)
        log(`${returned.error.message}; retrying, with a growing delay`);
      return;
    }
    this.#unreturned.forget(path);
    this.#taken.owed.delete(path);
    this.mark(dirname(dirname(path)));
  }

  *#runRound(): Steps<void> {
    this.#sortLeftovers();
    for (const path of this.#taken.owed) {
      if (!this.#unreturned.isDue(path, this.#supervisor.context.clock.awakeMs())) continue;
      this.#giveBack(path);
      yield;
    }
    for (const inbox of this.#inboxes.values()) {
      yield;
      if (inbox.dueAwakeMs <= this.#supervisor.context.clock.awakeMs()) yield* this.#scan(inbox);
    }
    yield* this.#taken.read();
  }

  *#scan(inbox: Inbox): Steps<void> {
    const { clock } = this.#supervisor.context;
    const { directory, memory } = inbox;
    // Set before the scan: an event that comes during it makes the directory due again.
    inbox.dueAwakeMs = clock.awakeMs() + LOOK_MS;
    if (!this.#isTrusted(directory)) return;
    const scan = yield* scanning(directory, { memory, nowMs: clock.now() });
    inbox.memory = scan.memory;
    inbox.isAwaited = scan.againInMs !== null;
    if (scan.againInMs !== null)
      inbox.dueAwakeMs = Math.min(inbox.dueAwakeMs, clock.awakeMs() + scan.againInMs);
    const taken = scan.findings.filter(({ verdict }) => verdict === "take").map(({ file }) => file);
    const written = taken.length === 0 ? NONE : yield* openForWriting(directory, new Set(taken));
    for (const finding of scan.findings) {
      const writer = written.get(finding.file);
      if (writer !== undefined) this.#awaitWriter(inbox, finding.file, writer);
      if (finding.verdict === "wait" || writer !== undefined) continue;
      this.#handle(directory, finding);
      yield;
      if (this.#taken.isFull) yield* this.#taken.read();
    }
  }

  /** Leaves a file to the process that still writes it: half a script is a valid script. */
  #awaitWriter(inbox: Inbox, file: string, pid: number): void {
    const path = join(inbox.directory, file);
    inbox.isAwaited = true;
    inbox.dueAwakeMs = Math.min(inbox.dueAwakeMs, this.#supervisor.context.clock.awakeMs() + WRITER_LOOK_MS);
    this.#once.log(path, `${path} is left alone while process ${pid} holds it open for writing`);
  }

  /** Claims a file, unless it has changed since the scan. */
  #handle(directory: string, finding: InboxFinding): void {
    const { log } = this.#supervisor.context;
    const { file, verdict, reason } = finding;
    const path = join(directory, file);
    if (verdict === "ignore") return log(`${path} is left alone: ${reason}`);
    if (!isAsSeen(directory, finding)) return this.mark(directory);
    const claimed = tryFs(`take ${path}`, () =>
      takeFile(directory, { file, batch: newBatch(), raw: finding.raw }),
    );
    if (!claimed.ok) return this.#leaveAlone(path, claimed.error);
    if (claimed.value === null) return;
    this.#once.forget(path);
    const one = { path: claimed.value, file, directory };
    if (verdict === "refuse") this.#taken.refuse(one, refusal(file, reason));
    else this.#taken.add(one);
  }

  /** Logs once that a file cannot be claimed, as in a directory of another user; later scans retry it. A full disk degrades the home. */
  #leaveAlone(path: string, found: Problem): void {
    if (found.code === "DISK_FULL") return this.#supervisor.committer.enterDegraded(found);
    this.#once.log(path, `${path} is left alone: ${found.message}`);
  }

  /** Ends the reader; the next supervisor gives its files back. */
  [Symbol.dispose](): void {
    this.#taken[Symbol.dispose]();
  }
}

/** Creates an inbox if it is missing; returns the paths of the files that an earlier supervisor had claimed from it. */
function reopen(supervisor: Supervisor, directory: string): string[] {
  const opened = tryFs(`open the inbox "${directory}"`, () => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return takenFiles(directory);
  });
  if (!opened.ok) supervisor.context.log(opened.error.message);
  return opened.ok ? opened.value : [];
}
