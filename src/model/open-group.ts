import * as v from "valibot";
import { instant, taskName } from "./identity.ts";
import { noticeReceivers } from "./notice.ts";

/** A task's membership in a group that was filled by several submissions; a later group of the same name has another id. */
export const openGroupMark = v.strictObject({ id: v.string(), name: taskName });
export type OpenGroupMark = v.InferOutput<typeof openGroupMark>;

/** A group on the disk: tasks may join it until it is being closed. */
export const openGroup = v.strictObject({
  formatVersion: v.literal(1),
  ...openGroupMark.entries,
  openedAt: instant,
  openedBy: v.string(),
  /** Of all submissions: any of the tasks may be the last to end. */
  batchEnd: noticeReceivers.entries.batchEnd,
  /** Set first when it is closed: from here on no task may join it. */
  closing: v.optional(v.strictObject({ at: instant, by: v.string() })),
  /** Set once the owner of the lock knows it. */
  closedAt: v.optional(instant),
});
export type OpenGroup = v.InferOutput<typeof openGroup>;

/** What a user is told of a group that waits to be closed. */
export function closeHint(name: string): string {
  return `group ${name} is open: stint close ${name}`;
}
