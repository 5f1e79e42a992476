import { renameSync, rmSync } from "node:fs";
import { type Clock, timestamp } from "../lib/clock.ts";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { AuditEntry, AuditEvent } from "../model/audit.ts";
import type { Problem } from "../model/errors.ts";
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

/** Why a change was not made: its record was moved or removed by hand, or the disk refused. */
export type CommitFault =
  | { readonly type: "recordGone" }
  | { readonly type: "refused"; readonly problem: Problem };

/** A change, and the task as it stands on disk now, or why it does not. */
export interface Committed {
  readonly change: Change;
  readonly result: Result<Task, CommitFault>;
}

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
  readonly #pendingMoves = new Map<string, string>();
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
   * refuses from then on is pending, and done before the next commit; see `flushPending`. A crash in between leaves records
   * whose state says where they belong; of one that was not moved yet, recovery announces the end once more.
   */
  commit(changes: readonly Change[]): Committed[] {
    // On top of a record that is not where it belongs yet, nothing can be told of what it is.
    const pending = this.flushPending();
    if (pending !== null) return changes.map((change) => ({ change, result: refused(pending) }));
    const committed = this.#writeAll(changes);
    tryFs("write the records", () => this.#move());
    this.audit(committed.flatMap(auditEntries), { isSynced: false });
    failpoint("commit:audited");
    for (const { change, result } of committed) {
      if (!result.ok) continue;
      const { to, path } = this.#route(change);
      const target = this.#layout.record(to, change.after.metadata.id);
      if (path !== target) this.#pendingMoves.set(path, target);
      this.#unannounced.push({ before: change.before, after: result.value });
    }
    this.flushPending();
    return committed;
  }

  /** Makes the moves that are pending; gives what the disk says to them, null where none is left. */
  flushPending(): Problem | null {
    if (this.#pendingMoves.size + this.#unannounced.length === 0) return null;
    const done = tryFs("move the records to where they belong", () => {
      if (this.#unannounced.length > 0) this.#announce(this.#unannounced);
      this.#unannounced = [];
      this.#move();
    });
    return done.ok ? null : done.error;
  }

  #move(): void {
    for (const [path, target] of this.#pendingMoves) {
      isMissing(() => renameSync(path, target));
      this.#pendingMoves.delete(path);
      failpoint("commit:moved");
    }
  }

  /** Puts lines on the audit log. With a full disk they wait in memory: a record is never held up by its log. */
  audit(notes: readonly AuditEntry[], how = { isSynced: true }): void {
    tryFs("write the audit log", () => this.#audit.append(notes, this.#clock.now(), how));
  }

  /** Segments that are not written any more and whose records are all where they belong. */
  endSegment(): string[] {
    if (this.#pendingMoves.size > 0) return [];
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
  #writeAll(changes: readonly Change[]): Committed[] {
    const prepared = changes.map((change) => ({ change, taken: this.#prepare(change) }));
    const taken = prepared.flatMap((one) => (one.taken.ok ? [one.taken.value] : []));
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
    return prepared.map(({ change, taken: one }): Committed => {
      if (!one.ok) return { change, result: one };
      const { next, path, origin } = one.value;
      const { path: from = "", error = null } = staged[position] ?? {};
      position += 1;
      const result = tryFs(`write the record of "${next.metadata.id}"`, () => {
        if (error !== null) throw error;
        return next;
      });
      if (result.ok && journaled.ok) {
        this.#pendingMoves.set(from, path);
        return { change, result };
      }
      tryFs("remove what was staged", () => rmSync(from, { force: true }));
      if (path !== origin) this.#giveBack(path, origin);
      if (!result.ok) return { change, result: refused(result.error) };
      return { change, result: journaled.ok ? result : refused(journaled.error) };
    });
  }

  #prepare(change: Change): Result<{ next: Task; path: string; origin: string }, CommitFault> {
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
    if (!taken.ok) return refused(taken.error);
    if (!taken.value) return err({ type: "recordGone" });
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

function refused(problem: Problem): { readonly ok: false; readonly error: CommitFault } {
  return { ok: false, error: { type: "refused", problem } };
}

/** What the audit log says of a change that was made. */
function auditEntries({ change, result }: Committed): AuditEntry[] {
  if (!result.ok) return [];
  const { metadata } = result.value;
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
