import type { AuditEntry } from "../model/audit.ts";
import type { Task } from "../model/task.ts";

/** The first line on a task in the audit log. */
export function queuedNote(task: Task): AuditEntry {
  const { id, uid, createdBy, resourceVersion, source } = task.metadata;
  return {
    event: "task_queued",
    actor: createdBy,
    task: id,
    uid,
    to: "queued",
    version: resourceVersion,
    detail: `from ${source}`,
  };
}
