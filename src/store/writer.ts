import { renameSync, rmSync } from "node:fs";
import { type Clock, timestamp } from "../lib/clock.ts";
import { unlessRefused } from "../lib/errno.ts";
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
import { renameOver } from "./quarantine.ts";
import { recordText } from "./record.ts";

/** The next version of one record. Its states say from which directory to which the file moves. */
export interface Change {
  readonly before: Task;
  readonly after: Task;
  readonly actor: string;
  /** An audit event beside that of the transition, or alone where the state stays. */
  readonly event?: AuditEvent;
  readonly detail?: string;
}

/** Why a change was not made: its record was moved or removed by hand, or the disk refused it. */
export type CommitFault =
  | { readonly type: "recordGone" }
  | { readonly type: "refused"; readonly problem: Problem };

/** A change, and the task as it is on disk now, or why the change was not made. */
export interface Committed {
  readonly change: Change;
  readonly result: Result<Task, CommitFault>;
}

/** Called with what was written, before any of it is moved; called again with the same where it throws. */
export type Announce = (written: readonly RecordMove[]) => void;

/** A task before and after a commit; recovery does not know it before. */
export interface RecordMove {
  readonly before: Task | null;
  readonly after: Task;
}

/**
 * Changes records. It owns the journal and the audit log, and exists only while its process owns the home's lock.
 *
 * Order of effects of `commit`:
 * 1. Moves that are pending from an earlier commit are made. If the disk refuses them, it refuses every change.
 * 2. Each record is secured: a claim renames it from pending/ to running/, a record that leaves done/ or dead-letter/ goes to tmp/, any
 *    other stays. A missing one is `recordGone`.
 * 3. The next versions are staged in tmp/, without a sync.
 * 4. They are appended to the journal, with one sync for all. This is the commit point: before it a refusal undoes the change, after it
 *    the change is made and outlives a power cut, and what the disk refuses is pending until `flushPending` succeeds.
 * 5. The staged versions replace the records, without a sync.
 * 6. The audit lines are written, without a sync; on a full disk they wait in memory.
 * 7. The changes are announced: notices are written durably.
 * 8. Each record moves to the directory of its state.
 *
 * Invariants: the state in a record says in which directory it belongs; resourceVersion grows by one with each commit; a record whose
 * moves are pending is not changed again.
 *
 * A crash before 4 leaves the old version, which recovery moves back to its directory. After 4, `replay` writes the record from the
 * journal. After 5, the next start finds a record newer than its last audit line, and audits it. Before the end of 8, recovery announces
 * the change, perhaps again under the same ids, and moves the record.
 */
export class Writer {
  readonly #layout: Layout;
  readonly #clock: Clock;
  readonly #audit: Audit;
  readonly #journal: Journal;
  /** Renames to be made, from path to path, in this order. */
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

  /** Commits changes; returns the result of each, in their order. Never throws what the system refuses. */
  commit(changes: readonly Change[]): Committed[] {
    // A record that is not yet where it belongs would be taken for one that is gone.
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

  /** Announces and moves what is pending; returns what the disk refuses, null where nothing is left. */
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
      isMissing(() => renameOver(path, target));
      this.#pendingMoves.delete(path);
      failpoint("commit:moved");
    }
  }

  /** Writes audit entries. On a full disk they wait in memory: a record never waits for its audit line. */
  audit(entries: readonly AuditEntry[], how = { isSynced: true }): void {
    tryFs("write the audit log", () => this.#audit.append(entries, this.#clock.now(), how));
  }

  /** Ends the current segment; returns the segments that can be checkpointed, none while moves are pending. */
  endSegment(): string[] {
    if (this.#pendingMoves.size > 0) return [];
    this.#journal.rotate();
    return dueSegments(this.#layout);
  }

  /** Bytes in the current segment. */
  get journaled(): number {
    return this.#journal.size;
  }

  close(): void {
    this.#journal.rotate();
    this.#audit.close();
  }

  /** Steps 2 to 4: afterwards the staged versions are pending renames, or undone. */
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
      // Undoes the rename of step 2; where even that fails, recovery does it.
      if (path !== origin) unlessRefused(() => renameSync(path, origin), undefined);
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
   * Where a change is written. A claim is a rename, so that one of many wins it; a record that leaves a directory which no start reads
   * goes by way of tmp/, where recovery finds it; any other is written in place and moved afterwards.
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
}

function refused(problem: Problem): { readonly ok: false; readonly error: CommitFault } {
  return { ok: false, error: { type: "refused", problem } };
}

/** The audit entries of a change that was made. */
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
