import { failpoint } from "../lib/failpoint.ts";
import type { AuditEntry } from "../model/audit.ts";
import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { unaudited } from "../store/audit-chain.ts";
import { type Recovered, recoverUnread } from "../store/recover.ts";
import { adoptJobs } from "./jobs/adopt.ts";
import { sweepLimits } from "./jobs/limits.ts";
import { sweepLeftContainers } from "./jobs/runners/container.ts";
import { queuedNote } from "./queued-note.ts";
import type { Supervisor } from "./supervisor.ts";

/** Takes over the result of a recovery: fills the queue, logs and audits the findings (after the entries `before`), adopts the jobs. */
export function takeRecovered(
  supervisor: Supervisor,
  recovered: Recovered,
  before: readonly AuditEntry[],
): void {
  const { actor, log } = supervisor.context;
  const { tasks, ended, findings, unread, replayed, fromBefore } = recovered;
  for (const task of tasks) supervisor.queue.upsert(task);
  for (const { path, what } of findings) log(`${path}: ${what}`);
  for (const [id, why] of unread) supervisor.queue.arrivals.unread.set(id, why);
  if (replayed.length > 0) log(`restored from the journal: ${replayed.join(", ")}`);
  const quarantined = findings.map(
    ({ path, what }): AuditEntry => ({ event: "quarantined", actor, detail: `${path}: ${what}` }),
  );
  supervisor.committer.audit([
    ...before,
    ...quarantined,
    ...reconciled(supervisor, [...tasks, ...ended, ...fromBefore]),
  ]);
  failpoint("session:noted");
  adoptJobs(
    supervisor,
    tasks.filter(({ status }) => status.state !== "queued"),
  );
}

/** Removes control groups and containers that belong to no task; only once every record was read. */
export function sweepLeft(supervisor: Supervisor): void {
  if (supervisor.context.lock.owner.role === "command" || supervisor.queue.arrivals.unread.size > 0) return;
  sweepLimits(supervisor);
  sweepLeftContainers(supervisor);
}

/** Recovers tasks whose records could not be read at the start; those that still cannot stay in `arrivals.unread`. */
export function takeUnread(supervisor: Supervisor, ids: ReadonlySet<TaskId>): void {
  const recovered = recoverUnread(supervisor.context.layout, ids, (moved, known) =>
    supervisor.committer.announce(moved, () => [...known, ...supervisor.queue.tasks.values()]),
  );
  takeRecovered(supervisor, recovered, []);
  for (const id of ids) if (!recovered.unread.has(id)) supervisor.queue.arrivals.unread.delete(id);
  supervisor.devices?.adopt(supervisor.queue);
  sweepLeft(supervisor);
}

/** Audit entries for records that are newer than their last entry: a crash came between the two. */
function reconciled(supervisor: Supervisor, tasks: readonly Task[]): AuditEntry[] {
  return unaudited(supervisor.context.layout, tasks).map(({ task, audited }): AuditEntry => {
    const { id, uid, resourceVersion: version } = task.metadata;
    if (audited === 0 && version === 1) return queuedNote(task);
    return { event: "reconciled", actor: "stint", task: id, uid, to: task.status.state, version };
  });
}
