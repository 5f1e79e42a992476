import { renameSync, rmSync } from "node:fs";
import { type Clock, timestamp } from "../lib/clock.ts";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { AuditEntry, AuditEvent } from "../model/audit.ts";
import { type Problem, problem } from "../model/errors.ts";
import { directoryOf, type StateDirectory, stepsBetween } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { Audit } from "./audit.ts";
import { stageFiles } from "./durable.ts";
import { isMissing, tryFs } from "./fs-errors.ts";
import { dueSegments, Journal } from "./journal.ts";
import type { Layout } from "./layout.ts";
import { recordText } from "./record.ts";

/** One record's next version. The states say which file moves where. */
export interface Change {
  readonly before: Task;
  readonly after: Task;
  readonly actor: string;
  /** On the audit log beside the transition, or instead of it where the state stays. */
  readonly event?: AuditEvent;
  readonly detail?: string;
}

/** What became of a change: the task as it stands on disk now, or why it does not. */
export type Written = Result<Task, Problem>;

/** Tells the world outside of what was written; called before any of it is moved, and again where it throws. */
export type Announce = (written: readonly RecordMove[]) => void;

/** What a task was before it was written, and is now; recovery does not know what it was. */
export interface RecordMove {
  readonly before: Task | null;
  readonly after: Task;
}

/** Changes records; exists only while the home's lock is held. */
export class Writer {
  readonly #layout: Layout;
  readonly #clock: Clock;
  readonly #audit: Audit;
  readonly #journal: Journal;
  /** From where to where, in the order in which they are to be made. */
  readonly #owedMoves = new Map<string, string>();
  readonly #announce: Announce;
  /** Written and not yet announced. */
  #unannounced: RecordMove[] = [];

  constructor(layout: Layout, clock: Clock, announce: Announce = () => {}) {
    this.#layout = layout;
    this.#clock = clock;
    this.#announce = announce;
    this.#audit = new Audit(layout);
    this.#journal = new Journal(layout);
  }

  /**
   * Puts the next version of each record into the journal, then writes the records, then the audit lines and what is
   * announced, then moves the files. Once it is in the journal a change is made, and outlives a power cut: what the disk
   * refuses from then on is owed, and done before the next commit; see `flushPending`. A crash in between leaves records
   * whose state says where they belong; of one that was not moved yet, recovery announces the end once more.
   */
  commit(changes: readonly Change[]): Written[] {
    // On top of a record that is not where it belongs yet, nothing can be told of what it is.
    const owed = this.flushPending();
    if (owed !== null) return changes.map(() => err(owed));
    const written = this.#writeAll(changes);
    tryFs("write the records", () => this.#move());
    this.audit(
      changes.flatMap((change, index) => auditNotes(change, written[index])),
      { isSynced: false },
    );
    failpoint("commit:audited");
    for (const [index, change] of changes.entries()) {
      const result = written[index];
      if (result?.ok !== true) continue;
      const { to, path } = this.#route(change);
      const target = this.#layout.record(to, change.after.metadata.id);
      if (path !== target) this.#owedMoves.set(path, target);
      this.#unannounced.push({ before: change.before, after: result.value });
    }
    this.flushPending();
    return written;
  }

  /** Does the moves that are owed; the problem is what the disk says to them, null where nothing is owed any more. */
  flushPending(): Problem | null {
    if (this.#owedMoves.size + this.#unannounced.length === 0) return null;
    const done = tryFs("move the records to where they belong", () => {
      if (this.#unannounced.length > 0) this.#announce(this.#unannounced);
      this.#unannounced = [];
      this.#move();
    });
    return done.ok ? null : done.error;
  }

  #move(): void {
    for (const [path, target] of this.#owedMoves) {
      isMissing(() => renameSync(path, target));
      this.#owedMoves.delete(path);
      failpoint("commit:moved");
    }
  }

  /** Puts lines on the audit log. With a full disk they wait in memory: a record is never held up by its log. */
  audit(notes: readonly AuditEntry[], how = { isSynced: true }): void {
    tryFs("write the audit log", () => this.#audit.append(notes, this.#clock.now(), how));
  }

  /** Segments that are not written any more and whose records are all where they belong. */
  endSegment(): string[] {
    if (this.#owedMoves.size > 0) return [];
    this.#journal.rotate();
    return dueSegments(this.#layout);
  }

  /** Bytes that a start after a power cut would have to read. */
  get journaled(): number {
    return this.#journal.size;
  }

  close(): void {
    this.#journal.rotate();
    this.#audit.close();
  }

  /** Takes each record and writes its next version beside it; one sync of the journal makes all of them count. */
  #writeAll(changes: readonly Change[]): Written[] {
    const prepared = changes.map((change) => this.#prepare(change));
    const taken = prepared.flatMap((one) => (one.ok ? [one.value] : []));
    const staged = stageFiles(
      taken.map(({ path, next }) => ({ path, text: recordText(next) })),
      this.#layout.tmp,
      { isSynced: false },
    );
    failpoint("commit:staged");
    const whole = taken.filter((_, index) => staged[index]?.error === null);
    const journaled = tryFs("write the journal", () => {
      if (whole.length > 0) this.#journal.append(whole.map(({ next }) => next));
    });
    failpoint("commit:journaled");
    let position = 0;
    return prepared.map((one) => {
      if (!one.ok) return one;
      const { next, path, origin } = one.value;
      const { path: from = "", error = null } = staged[position] ?? {};
      position += 1;
      const result = tryFs(`write the record of "${next.metadata.id}"`, () => {
        if (error !== null) throw error;
        return next;
      });
      if (result.ok && journaled.ok) {
        this.#owedMoves.set(from, path);
        return result;
      }
      tryFs("remove what was staged", () => rmSync(from, { force: true }));
      if (path !== origin) this.#giveBack(path, origin);
      return result.ok && !journaled.ok ? journaled : result;
    });
  }

  #prepare(change: Change): Result<{ next: Task; path: string; origin: string }, Problem> {
    const { before, after } = change;
    const { id } = after.metadata;
    const { from, path } = this.#route(change);
    const origin = this.#layout.record(from, id);
    const metadata = {
      ...after.metadata,
      resourceVersion: before.metadata.resourceVersion + 1,
      updatedAt: timestamp(this.#clock.now()),
    };
    const taken = tryFs(
      `take the record of "${id}"`,
      () => path === origin || !isMissing(() => renameSync(origin, path)),
    );
    if (!taken.ok) return taken;
    if (!taken.value) {
      const hint = "somebody moved or removed the file";
      return err(
        problem("NOT_FOUND", `Cannot change task "${id}": its record is no longer in ${from}/`, hint),
      );
    }
    failpoint("commit:taken");
    return ok({ next: { ...after, metadata }, path, origin });
  }

  /**
   * Where a change is written. A claim is a rename, so that it is one step on disk; what leaves a directory that
   * no start-up scans goes by way of `tmp/`; all else is written in place and moved afterwards.
   */
  #route({ before, after }: Change): { from: StateDirectory; to: StateDirectory; path: string } {
    const { id } = after.metadata;
    const from = directoryOf(before.status.state);
    const to = directoryOf(after.status.state);
    if (from === "pending" && to === "running") return { from, to, path: this.#layout.record(to, id) };
    const isUnscanned = from === "done" || from === "dead-letter";
    return {
      from,
      to,
      path: isUnscanned && from !== to ? this.#layout.moving(id) : this.#layout.record(from, id),
    };
  }

  /** Undoes a rename whose write had no room; where even that fails, recovery does it. */
  #giveBack(path: string, origin: string): void {
    try {
      renameSync(path, origin);
    } catch (error) {
      if (errnoOf(error) === null) throw error;
    }
  }
}

function auditNotes(change: Change, written: Written | undefined): AuditEntry[] {
  if (written === undefined || !written.ok) return [];
  const { metadata } = written.value;
  const common = {
    actor: change.actor,
    task: metadata.id,
    uid: metadata.uid,
    version: metadata.resourceVersion,
    ...(change.detail !== undefined && { detail: change.detail }),
  };
  const steps = stepsBetween(change.before.status.state, change.after.status.state);
  const transitions = steps.map(([from, to]): AuditEntry => ({ event: `task_${to}`, from, to, ...common }));
  return change.event === undefined ? transitions : [{ event: change.event, ...common }, ...transitions];
}
