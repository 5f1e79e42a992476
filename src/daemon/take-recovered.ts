import { failpoint } from "../lib/failpoint.ts";
import type { AuditNote } from "../model/audit.ts";
import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { unaudited } from "../store/audit-chain.ts";
import { type Recovered, recoverUnread } from "../store/recover.ts";
import { adoptJobs } from "./adopt.ts";
import { sweepLeftContainers } from "./container.ts";
import type { Holder } from "./holder.ts";
import { sweepLimits } from "./limits.ts";
import { queuedNote } from "./queued-note.ts";

/** Takes over what was found: tells of it, and adopts the jobs. */
export function takeRecovered(holder: Holder, recovered: Recovered, before: readonly AuditNote[]): void {
  const { actor, say } = holder.options;
  const { tasks, ended, findings, unread, replayed, fromBefore } = recovered;
  for (const task of tasks) holder.take(task);
  for (const { path, what } of findings) say(`${path}: ${what}`);
  for (const [id, why] of unread) holder.arrivals.unread.set(id, why);
  if (replayed.length > 0) say(`made again from the journal: ${replayed.join(", ")}`);
  const quarantined = findings.map(
    ({ path, what }): AuditNote => ({ event: "quarantined", actor, detail: `${path}: ${what}` }),
  );
  holder.note([...before, ...quarantined, ...reconciled(holder, [...tasks, ...ended, ...fromBefore])]);
  failpoint("session:noted");
  adoptJobs(
    holder,
    tasks.filter(({ status }) => status.state !== "queued"),
  );
}

/** Removes what belongs to no task, once all are known. */
export function sweepLeft(holder: Holder): void {
  if (holder.options.lock.owner.role === "command" || holder.arrivals.unread.size > 0) return;
  sweepLimits(holder);
  sweepLeftContainers(holder);
}

/** Tries again to take over tasks whose records the system did not let go when this holder began; those of whom it still does not stay in `arrivals.unread`. */
export function takeUnread(holder: Holder, ids: ReadonlySet<TaskId>): void {
  const recovered = recoverUnread(holder.options.layout, ids, (moved, known) =>
    holder.announce(moved, () => [...known, ...holder.tasks.values()]),
  );
  takeRecovered(holder, recovered, []);
  holder.devices?.adopt(holder.active);
  for (const id of ids) if (!recovered.unread.has(id)) holder.arrivals.unread.delete(id);
  sweepLeft(holder);
}

/** Lines for records that are newer than what the log says of them: a crash came between the record and its line. */
function reconciled(holder: Holder, tasks: readonly Task[]): AuditNote[] {
  return unaudited(holder.options.layout, tasks).map(({ task, audited }): AuditNote => {
    const { id, uid, resourceVersion: version } = task.metadata;
    if (audited === 0 && version === 1) return queuedNote(task);
    return { event: "reconciled", actor: "stint", task: id, uid, to: task.status.state, version };
  });
}
