import * as v from "valibot";
import { failureOfAttempt } from "../attempt.ts";
import { gpusOf } from "../resources.ts";
import { STATES } from "../state.ts";
import type { Task } from "../task.ts";

/** A task in a list. */
export const taskRowSchema = v.strictObject({
  id: v.string(),
  number: v.number(),
  name: v.string(),
  uid: v.string(),
  version: v.number(),
  state: v.picklist(STATES),
  /** Why it is back in the queue, or ended. */
  reason: v.optional(v.string()),
  isHeld: v.boolean(),
  priority: v.number(),
  createdAt: v.string(),
  /** Of the last attempt; absent before. */
  startedAt: v.optional(v.string()),
  endedAt: v.optional(v.string()),
  /** The number of the last attempt; 0 before the first. */
  attempt: v.number(),
  exitCode: v.optional(v.nullable(v.number())),
  failure: v.optional(v.strictObject({ class: v.string(), code: v.string(), error: v.string() })),
  labels: v.record(v.string(), v.string()),
  /** The sweep that it is a member of. */
  group: v.optional(v.strictObject({ id: v.number(), name: v.string() })),
  slot: v.optional(v.string()),
  gpus: v.number(),
});
export type TaskRow = v.InferOutput<typeof taskRowSchema>;

/** A page of a list; `next` is the cursor of the page after it, null on the last. */
export const taskPageSchema = v.strictObject({ tasks: v.array(taskRowSchema), next: v.nullable(v.number()) });
export type TaskPage = v.InferOutput<typeof taskPageSchema>;

/** The row of a task. */
export function apiRowOf({ metadata, spec, status }: Task): TaskRow {
  const last = status.attempts.at(-1);
  const failure = failureOfAttempt(last);
  const { group } = metadata;
  return {
    id: metadata.id,
    number: metadata.number,
    name: metadata.name,
    uid: metadata.uid,
    version: metadata.resourceVersion,
    state: status.state,
    ...("reason" in status && status.reason !== undefined && { reason: status.reason }),
    isHeld: spec.hold,
    priority: spec.priority,
    createdAt: metadata.createdAt,
    ...(last?.startedAt !== undefined && { startedAt: last.startedAt }),
    ...("endedAt" in status && { endedAt: status.endedAt }),
    attempt: status.attempt,
    ...(last !== undefined && last.state !== "running" && { exitCode: last.exitCode }),
    ...(failure !== null && {
      failure: { class: failure.class, code: failure.code, error: failure.error },
    }),
    labels: metadata.labels,
    ...(group !== undefined && { group: { id: group.id, name: group.name } }),
    ...(spec.slot !== undefined && { slot: spec.slot }),
    gpus: gpusOf(spec.resources),
  };
}
