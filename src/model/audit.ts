import * as v from "valibot";
import { instant } from "./identity.ts";
import { STATES } from "./state.ts";

/** The events of the audit log; a transition is named after the state that it leads to. */
const AUDIT_EVENTS = [
  ...STATES.map((state) => `task_${state}` as const),
  "cancel_requested",
  "timeout_reached",
  "shutdown_requested",
  "requeue_requested",
  "superseded",
  "service_stopped",
  "service_idle",
  "service_expired",
  "service_not_ready",
  "service_unhealthy",
  "retry_forced",
  "spec_edited",
  "held",
  "released",
  "paused",
  "resumed",
  "signalled",
  "group_closed",
  "queue_paused",
  "queue_resumed",
  "limits_changed",
  "moved",
  "cleanup",
  "reconciled",
  "quarantined",
  "lock_taken",
  "lock_taken_over",
  "rotated",
  "log_cut",
  "notice_given_up",
] as const;
export type AuditEvent = (typeof AUDIT_EVENTS)[number];

/** What the writer of a change records; the log adds sequence number, time and hashes. */
export interface AuditEntry {
  readonly event: AuditEvent;
  readonly actor: string;
  readonly task?: string;
  readonly uid?: string;
  readonly from?: string;
  readonly to?: string;
  readonly version?: number;
  readonly detail?: string;
}

export const auditLine = v.strictObject({
  seq: v.number(),
  at: instant,
  event: v.picklist(AUDIT_EVENTS),
  actor: v.string(),
  task: v.optional(v.string()),
  uid: v.optional(v.string()),
  from: v.optional(v.string()),
  to: v.optional(v.string()),
  version: v.optional(v.number()),
  detail: v.optional(v.string()),
  prevHash: v.string(),
  hash: v.string(),
});
export type AuditLine = v.InferOutput<typeof auditLine>;
