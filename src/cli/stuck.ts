import { asLines } from "../lib/printable.ts";
import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { reasonsNotToWait } from "../plan/finality.ts";
import type { Layout } from "../store/layout.ts";
import { readTasks } from "../store/reader.ts";
import type { Context } from "./context.ts";
import { surroundingsSeen } from "./surroundings.ts";

/** A look reads the whole queue; what it tells is no matter of seconds. */
const LOOK_MS = 10_000;

/**
 * Tells whoever waits for tasks of those whose turn does not come by itself, each once: without a word, a wait for the child
 * of a failed parent looks like one for a long job.
 */
export function stuckTeller(context: Context, layout: Layout): (open: readonly Task[]) => Promise<void> {
  const told = new Set<TaskId>();
  let nextLookMs = 0;
  return async (open) => {
    const queued = open.filter(({ status }) => status.state === "queued");
    if (queued.length === 0 || context.clock.awakeMs() < nextLookMs) return;
    nextLookMs = context.clock.awakeMs() + LOOK_MS;
    const unended = readTasks(layout, ["running", "pending"]);
    const reasons = reasonsNotToWait(await surroundingsSeen(context, layout, unended));
    const fresh = queued.filter(({ metadata }) => reasons.has(metadata.id) && !told.has(metadata.id));
    const [first, ...others] = fresh;
    if (first === undefined) return;
    for (const { metadata } of fresh) told.add(metadata.id);
    const { id, number } = first.metadata;
    const many = others.length === 0 ? "" : ` (and ${others.length} more do not start by themselves)`;
    context.err(asLines([`stint: ${id} waits: ${reasons.get(id)}${many}; more: stint explain ${number}`]));
  };
}
