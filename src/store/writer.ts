import { renameSync } from "node:fs";
import { type Clock, timestamp } from "../lib/clock.ts";
import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { AuditEvent, AuditNote } from "../model/audit.ts";
import { type Problem, problem } from "../model/errors.ts";
import { type Place, placeOf, stepsBetween } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { Audit } from "./audit.ts";
import { replaceFile, syncDirectory } from "./durable.ts";
import type { Layout } from "./layout.ts";
import { recordText } from "./record.ts";
import { isMissing, onDisk } from "./trouble.ts";

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

/** Changes records; exists only while the home's lock is held. */
export class Writer {
  readonly #layout: Layout;
  readonly #clock: Clock;
  readonly #audit: Audit;

  constructor(layout: Layout, clock: Clock) {
    this.#layout = layout;
    this.#clock = clock;
    this.#audit = new Audit(layout);
  }

  /**
   * Writes the next version of each record, then the audit lines, then moves the files, then syncs the directories.
   * All of it is on the disk when this returns. A crash in between leaves files whose state says where they belong.
   */
  commit(changes: readonly Change[]): Written[] {
    const written = changes.map((change) => this.#write(change));
    this.note(changes.flatMap((change, index) => auditNotes(change, written[index])));
    failpoint("commit:audited");
    const moved = changes.map((change, index) => this.#move(change, written[index]));
    const touched = new Set(
      changes.flatMap(({ before, after }) => [before, after].map(({ status }) => placeOf(status.state))),
    );
    const synced = onDisk("sync the directories of the records", () => {
      for (const place of touched) syncDirectory(this.#layout.place(place));
    });
    failpoint("commit:synced");
    return synced.ok ? moved : moved.map(() => synced);
  }

  /** Puts lines on the audit log. With a full disk they wait in memory: a record is never held up by its log. */
  note(notes: readonly AuditNote[]): void {
    onDisk("write the audit log", () => this.#audit.append(notes, this.#clock.now()));
  }

  close(): void {
    this.#audit.close();
  }

  #write(change: Change): Written {
    const { before, after } = change;
    const { id } = after.metadata;
    const { from, path } = this.#route(change);
    const origin = this.#layout.record(from, id);
    const metadata = {
      ...after.metadata,
      resourceVersion: before.metadata.resourceVersion + 1,
      updatedAt: timestamp(this.#clock.now()),
    };
    const next = { ...after, metadata };
    const taken = onDisk(
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
    const result = onDisk(`write the record of "${id}"`, () =>
      replaceFile(path, recordText(next), this.#layout.tmp),
    );
    if (result.ok) return ok(next);
    if (path !== origin) this.#giveBack(path, origin);
    return result;
  }

  /** Where even a move fails, the state in the file says where recovery has to put it. */
  #move(change: Change, written: Written | undefined): Written {
    if (written === undefined) throw new Error("a change was neither written nor refused");
    const { to, path } = this.#route(change);
    const { id } = change.after.metadata;
    const target = this.#layout.record(to, id);
    if (!written.ok || path === target) return written;
    const moved = onDisk(`move the record of "${id}" to ${to}/`, () => renameSync(path, target));
    failpoint("commit:moved");
    return moved.ok ? written : moved;
  }

  /**
   * Where a change is written. A claim is a rename, so that it is one step on disk; what leaves a directory that
   * no start-up scans goes by way of `tmp/`; all else is written in place and moved afterwards.
   */
  #route({ before, after }: Change): { from: Place; to: Place; path: string } {
    const { id } = after.metadata;
    const from = placeOf(before.status.state);
    const to = placeOf(after.status.state);
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

function auditNotes(change: Change, written: Written | undefined): AuditNote[] {
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
  const transitions = steps.map(([from, to]): AuditNote => ({ event: `task_${to}`, from, to, ...common }));
  return change.event === undefined ? transitions : [{ event: change.event, ...common }, ...transitions];
}
