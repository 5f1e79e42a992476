import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Draft } from "../model/submission.ts";
import type { Task } from "../model/task.ts";
import { plainDemand } from "../plan/demand.ts";
import { impossibilities } from "../plan/place.ts";
import { describeShortage } from "../plan/shortage.ts";
import type { Machine } from "../plan/snapshot.ts";
import type { Layout } from "../store/layout.ts";
import { readTasks } from "../store/reader.ts";
import { type Acceptance, accept, type Submitter } from "./accept.ts";
import { refuseUnenforceable } from "./limit-refusal.ts";
import { resolveParents } from "./parents.ts";
import { refuseUnreadableSources } from "./secrets.ts";

/** Tasks of one lane that may wait; more are a program that has run away. */
const MAX_LANE_LENGTH = 10_000;

/** Queues drafts all or none, or says why they cannot be. */
export function enqueue(
  layout: Layout,
  drafts: readonly Draft[],
  options: Submitter & Acceptance & { readonly machine: Machine; readonly controllers: readonly string[] },
): Result<Task[], Problem> {
  const placeable = refuseUnplaceable(drafts, options.machine);
  if (!placeable.ok) return placeable;
  const enforceable = refuseUnenforceable(drafts, options.controllers);
  if (!enforceable.ok) return enforceable;
  const readable = refuseUnreadableSources(drafts, options.environment);
  if (!readable.ok) return readable;
  const full = refuseFullLanes(layout, drafts);
  if (!full.ok) return full;
  const parents = resolveParents(layout, drafts);
  return parents.ok ? accept(layout, drafts, { ...options, parents: parents.value }) : parents;
}

/** Refuses what this machine can never run, naming what is short. */
export function refuseUnplaceable(
  drafts: readonly Pick<Draft, "name" | "spec">[],
  machine: Machine,
  action = "queue",
): Result<null, Problem> {
  for (const draft of drafts) {
    const [short] = impossibilities(plainDemand(draft.spec.resources), machine);
    if (short === undefined) continue;
    const message = `Cannot ${action} "${draft.name}": it ${describeShortage(short)}, so it could never start`;
    const hint =
      short.resource === "gpus"
        ? "see what there is: stint gpus"
        : "ask for less, or submit it on a machine that has more";
    return err(problem("UNPLACEABLE", message, hint));
  }
  return ok(null);
}

function refuseFullLanes(layout: Layout, drafts: readonly Draft[]): Result<null, Problem> {
  const added = countBy(drafts.map(({ spec }) => spec.slot));
  if (added.size === 0) return ok(null);
  const waiting = countBy(readTasks(layout, ["pending"]).map(({ spec }) => spec.slot));
  for (const [slot, count] of added) {
    const length = (waiting.get(slot) ?? 0) + count;
    if (length <= MAX_LANE_LENGTH) continue;
    const message = `Cannot queue ${count} more in the lane "${slot}": ${waiting.get(slot) ?? 0} wait in it, of ${MAX_LANE_LENGTH} at most`;
    return err(problem("QUEUE_FULL", message, `see what holds it up: stint ls --slot ${slot}`));
  }
  return ok(null);
}

function countBy(keys: readonly (string | undefined)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) {
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
