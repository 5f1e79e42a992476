import { enclosingTask } from "../desk/inside-job.ts";
import { planInputSeen } from "../desk/plan-input.ts";
import { asLines } from "../lib/printable.ts";
import type { TaskId } from "../model/identity.ts";
import type { Task } from "../model/task.ts";
import { reasonsNotToWait } from "../plan/drain.ts";
import type { PlanInput } from "../plan/input.ts";
import { type Wait, waitsIn } from "../plan/waiting.ts";
import type { Layout } from "../store/layout.ts";
import { readTasks } from "../store/reader.ts";
import type { Context } from "./context.ts";
import { shortWait } from "./text/wait.ts";

/** A look reads the whole queue; what it tells is no matter of seconds. */
const LOOK_MS = 10_000;
/** What somebody else has. */
const FOR_ROOM: readonly Wait["type"][] = ["room", "lane", "permit"];

/**
 * Tells whoever waits for tasks of those whose turn does not come by itself, each once: without a word, a wait for the child
 * of a failed parent looks like one for a long job.
 */
export function stuckTeller(context: Context, layout: Layout): (open: readonly Task[]) => Promise<void> {
  const told = new Set<TaskId>();
  const own = enclosingTask(context, layout);
  // What the job that waits here holds is not to be had before it has waited.
  const tellOfOwnJob = (queued: readonly Task[], seen: PlanInput): void => {
    const waitOf = own === null ? null : waitsIn(seen, true);
    for (const task of queued) {
      const { id } = task.metadata;
      const wait = waitOf?.(task);
      if (own === null || wait === undefined || !FOR_ROOM.includes(wait.type) || told.has(id)) continue;
      told.add(id);
      const kept = `${own.metadata.id}, whose job waits here for it, keeps what it has meanwhile`;
      context.err(`stint: ${id}: ${shortWait(wait, context.clock.now())}; ${kept}\n`);
    }
  };
  let nextLookMs = 0;
  return async (open) => {
    const queued = open.filter(({ status }) => status.state === "queued");
    if (queued.length === 0 || context.clock.awakeMs() < nextLookMs) return;
    nextLookMs = context.clock.awakeMs() + LOOK_MS;
    const unfinished = readTasks(layout, ["running", "pending"]);
    const seen = await planInputSeen(context, layout, unfinished);
    tellOfOwnJob(queued, seen);
    const reasons = reasonsNotToWait(seen);
    const fresh = queued.filter(({ metadata }) => reasons.has(metadata.id) && !told.has(metadata.id));
    const [first, ...others] = fresh;
    if (first === undefined) return;
    for (const { metadata } of fresh) told.add(metadata.id);
    const { id, number } = first.metadata;
    const many = others.length === 0 ? "" : ` (and ${others.length} more do not start by themselves)`;
    context.err(asLines([`stint: ${id} waits: ${reasons.get(id)}${many}; more: stint explain ${number}`]));
  };
}
