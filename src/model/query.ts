import * as v from "valibot";
import { globMatcher } from "../lib/glob.ts";
import { own } from "../lib/own.ts";
import { failureOfAttempt } from "./attempt.ts";
import type { TaskId } from "./identity.ts";
import type { Outline } from "./outline.ts";
import { STATES } from "./state.ts";

/** Criteria for tasks, as a request has them: all given ones must match; none given selects all. */
export const criteria = v.strictObject({
  states: v.exactOptional(v.pipe(v.array(v.picklist(STATES)), v.readonly())),
  /** Exact, or a pattern with `*` for any run of characters. */
  name: v.exactOptional(v.string()),
  labels: v.exactOptional(v.record(v.string(), v.string())),
  /** Failure class or code of the last attempt, in any case, with `-` or `_`. */
  failure: v.exactOptional(v.string()),
  /** In this lane. */
  slot: v.exactOptional(v.string()),
  /** With this topic. */
  topic: v.exactOptional(v.string()),
  /** Members of the sweep whose first member has this number. */
  group: v.exactOptional(v.number()),
  /** Members of the group with this id, which several submissions filled. */
  openGroup: v.exactOptional(v.string()),
  /** Changed at or after this time, in milliseconds since the epoch. */
  sinceMs: v.exactOptional(v.number()),
});

/** A selection of tasks. */
export interface Query extends Readonly<v.InferOutput<typeof criteria>> {
  readonly ids?: ReadonlySet<TaskId>;
}

export function matches(task: Outline, query: Query): boolean {
  return matcherOf(query)(task);
}

/** The same for those who ask of many tasks. */
export function matcherOf(query: Query): (task: Outline) => boolean {
  const isNamed = query.name === undefined ? () => true : globMatcher(query.name);
  const labels = Object.entries(query.labels ?? {});
  return (task) => isNamed(task.metadata.name) && isLike(task, query, labels);
}

function isLike(task: Outline, query: Query, labels: readonly (readonly [string, string])[]): boolean {
  if (query.ids !== undefined && !query.ids.has(task.metadata.id)) return false;
  if (query.states !== undefined && !query.states.includes(task.status.state)) return false;
  if (query.sinceMs !== undefined && Date.parse(task.metadata.updatedAt) < query.sinceMs) return false;
  if (query.slot !== undefined && task.spec.slot !== query.slot) return false;
  if (query.topic !== undefined && task.spec.topic !== query.topic) return false;
  if (query.group !== undefined && task.metadata.group?.id !== query.group) return false;
  if (query.openGroup !== undefined && task.metadata.openGroup?.id !== query.openGroup) return false;
  for (const [key, value] of labels) {
    if (own(task.metadata.labels, key) !== value) return false;
  }
  return query.failure === undefined || failedWith(task, query.failure);
}

function failedWith(task: Outline, wanted: string): boolean {
  const failure = failureOfAttempt(task.status.attempts.at(-1));
  if (failure === null) return false;
  const normal = wanted.replaceAll("-", "_").toLowerCase();
  return failure.class === normal || failure.code.toLowerCase() === normal;
}
