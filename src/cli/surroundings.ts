import { Relatives } from "../daemon/relatives.ts";
import type { Task } from "../model/task.ts";
import type { Surroundings } from "../plan/snapshot.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import type { Context } from "./context.ts";
import { seenMachine } from "./machine.ts";
import { readSettings } from "./settings.ts";
import { noTerms, termsOf } from "./terms.ts";

/** What a supervisor would decide on, as far as the files tell. */
export async function surroundingsSeen(
  context: Context,
  layout: Layout,
  unended: readonly Task[],
): Promise<Surroundings> {
  const queued = unended.filter((task) => task.status.state === "queued");
  const active = unended.filter((task) => task.status.state !== "queued");
  const settings = await readSettings(context, layout);
  const owner = lockOwner(layout);
  const own = settings.ok ? termsOf(settings.value) : noTerms();
  const terms = {
    ...own,
    capacity: owner?.capacity ?? own.capacity,
    labels: owner?.labels ?? own.labels,
    closing: owner?.closing ?? null,
  };
  const relatives = new Relatives(layout);
  for (const task of queued) relatives.take(task);
  const related = relatives.of(new Map(unended.map((task) => [task.metadata.id, task])));
  return {
    nowMs: context.clock.now(),
    queued,
    active,
    machine: await seenMachine(context, layout, { terms, owner }),
    ...related,
  };
}
