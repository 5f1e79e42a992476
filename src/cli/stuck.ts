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

/** A check reads the whole queue, and its result is not urgent. */
const CHECK_MS = 10_000;
/** Waits for what another task has. */
const FOR_ROOM: readonly Wait["type"][] = ["room", "lane", "permit"];

/**
 * Warns a command that waits for tasks, once for each task that cannot start by itself: a wait for the child of a failed parent
 * would look like one for a long job.
 */
export function stuckTeller(context: Context, layout: Layout): (open: readonly Task[]) => Promise<void> {
  const told = new Set<TaskId>();
  const own = enclosingTask(context, layout);
  // The job in which this command waits keeps its own resources until the wait is over.
  const tellOfOwnJob = (queued: readonly Task[], seen: PlanInput): void => {
    const waitOf = own === null ? null : waitsIn(seen, true);
    for (const task of queued) {
      const { id } = task.metadata;
      const wait = waitOf?.(task);
      if (own === null || wait === undefined || !FOR_ROOM.includes(wait.type) || told.has(id)) continue;
      told.add(id);
      const kept = `${own.metadata.id}, the job that waits here, keeps its own resources while it waits`;
      context.err(`stint: ${id}: ${shortWait(wait, context.clock.now())}; ${kept}\n`);
    }
  };
  let nextCheckMs = 0;
  return async (open) => {
    const queued = open.filter(({ status }) => status.state === "queued");
    if (queued.length === 0 || context.clock.awakeMs() < nextCheckMs) return;
    nextCheckMs = context.clock.awakeMs() + CHECK_MS;
    const unfinished = readTasks(layout, ["running", "pending"]);
    const seen = await planInputSeen(context, layout, unfinished);
    tellOfOwnJob(queued, seen);
    const reasons = reasonsNotToWait(seen);
    const fresh = queued.filter(({ metadata }) => reasons.has(metadata.id) && !told.has(metadata.id));
    const [first, ...others] = fresh;
    if (first === undefined) return;
    for (const { metadata } of fresh) told.add(metadata.id);
    const { id, number } = first.metadata;
    const many = others.length === 0 ? "" : ` (and ${others.length} more cannot start by themselves)`;
    context.err(
      asLines([
        `stint: ${id} does not start by itself: ${reasons.get(id)}${many}; more: stint explain ${number}`,
      ]),
    );
  };
}
