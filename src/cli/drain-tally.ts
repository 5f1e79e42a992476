import { counted } from "../lib/counted.ts";
import { type Stamp, Stamps } from "../lib/long-folder.ts";
import { numberOf, type TaskId } from "../model/identity.ts";
import { type Task, whenEndedMs } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { newestIds } from "../store/newest.ts";
import { idsIn, readTask, TaskReader } from "../store/reader.ts";

/** What ended during a drain: the tasks that were unfinished or failed at its start, and those queued since then. */
export class DrainTally {
  readonly #layout: Layout;
  readonly #startMs: number;
  /** With the stamps of their records: one that is retried and fails again has the same name in the same folder. */
  readonly #failedBefore: ReadonlyMap<TaskId, Stamp | null>;
  readonly #lastNumber: number;
  readonly #seen = new Set<TaskId>();

  constructor(layout: Layout, nowMs: number) {
    this.#layout = layout;
    this.#startMs = nowMs;
    this.#failedBefore = stampsOf(layout, idsIn(layout, "dead-letter"));
    const [newest] = newestIds(layout, ["running", "pending", "done", "dead-letter"], nowMs);
    this.#lastNumber = newest === undefined ? 0 : numberOf(newest);
  }

  /** Notes tasks that have not ended. */
  see(open: readonly Task[]): void {
    for (const { metadata } of open) this.#seen.add(metadata.id);
  }

  /** The tasks that failed since the start. */
  failed(): TaskId[] {
    const failed = idsIn(this.#layout, "dead-letter");
    const before = this.#failedBefore;
    const now = stampsOf(
      this.#layout,
      failed.filter((id) => before.has(id)),
    );
    return failed.filter(
      (id) => !before.has(id) || (!isSame(before.get(id), now.get(id)) && this.#hasEndedSince(id)),
    );
  }

  /** A record is also written without a new end: by recovery, or by hand. */
  #hasEndedSince(id: TaskId): boolean {
    const read = readTask(this.#layout, id);
    return read.ok && (whenEndedMs(read.value) ?? 0) >= this.#startMs;
  }

  /** `8 tasks completed, 1 failed, 1 cancelled`; empty where nothing ended. */
  text(of: {
    readonly failed: readonly TaskId[];
    readonly left: readonly Task[];
    readonly nowMs: number;
  }): string {
    const reader = new TaskReader(this.#layout);
    const counts = { completed: 0, failed: of.failed.length, cancelled: 0 };
    for (const id of this.#mayHaveEnded(of.nowMs).difference(
      new Set(of.left.map(({ metadata }) => metadata.id)),
    )) {
      const read = reader.read(id);
      if (read.ok && read.value.status.state === "completed") counts.completed += 1;
      if (read.ok && read.value.status.state === "cancelled") counts.cancelled += 1;
    }
    const [first, ...others] = Object.entries(counts).filter(([, count]) => count > 0);
    if (first === undefined) return "";
    const [state, count] = first;
    return [`${counted(count, "task")} ${state}`, ...others.map(([one, many]) => `${many} ${one}`)].join(
      ", ",
    );
  }

  /** Without those that failed. */
  #mayHaveEnded(nowMs: number): Set<TaskId> {
    const found = new Set([...this.#seen, ...this.#failedBefore.keys()]);
    for (const id of newestIds(this.#layout, ["done"], nowMs)) {
      if (numberOf(id) <= this.#lastNumber) break;
      found.add(id);
    }
    return found.difference(new Set(idsIn(this.#layout, "dead-letter")));
  }
}

/** One stat(2) each: to read thousands of records would take seconds. */
function stampsOf(layout: Layout, ids: readonly TaskId[]): Map<TaskId, Stamp | null> {
  if (ids.length === 0) return new Map();
  using stamps = new Stamps(layout.place("dead-letter"));
  return new Map(ids.map((id) => [id, stamps.of(`${id}.json`)]));
}

function isSame(left: Stamp | null | undefined, right: Stamp | null | undefined): boolean {
  return left?.ino === right?.ino && left?.changedMs === right?.changedMs;
}
