import { Relatives } from "../daemon/relatives.ts";
import type { Task } from "../model/task.ts";
import type { Surroundings } from "../plan/snapshot.ts";
import { type Wait, waitsIn } from "../plan/waiting.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { obstacleOf } from "../store/obstacle.ts";
import { readTasks } from "../store/reader.ts";
import type { Context } from "./context.ts";
import { seenMachine } from "./machine.ts";
import { readSettings } from "./settings.ts";
import { noTerms, termsOf } from "./terms.ts";

/** What a reader can say of the living part of the queue. */
export interface Overview {
  readonly active: readonly Task[];
  readonly queued: readonly Task[];
  readonly isSupervised: boolean;
  /** What the reasons follow from. */
  readonly around: Surroundings;
  /** Why nothing new starts, whatever has its turn; null where nothing is in the way. */
  readonly obstacle: string | null;
  readonly whyWaiting: (task: Task) => Wait;
}

/** Reads pending/ and running/, and who supervises them. */
export async function readOverview(context: Context, layout: Layout): Promise<Overview> {
  const unended = readTasks(layout, ["running", "pending"]);
  const owner = lockOwner(layout);
  const isSupervised = owner?.capacity !== undefined;
  const around = await surroundingsSeen(context, layout, unended);
  const waitOf = waitsIn(around, isSupervised);
  return {
    active: around.active,
    queued: around.queued,
    isSupervised,
    around,
    obstacle: obstacleOf(layout),
    whyWaiting: (task) => {
      const wait = waitOf(task);
      // A `run` starts its own tasks: one that has room and does not start is not of them.
      return wait.type === "next" && owner?.role === "run" ? { type: "unsupervised" } : wait;
    },
  };
}

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
