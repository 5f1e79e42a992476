import { timestamp } from "../../lib/clock.ts";
import type { Result } from "../../lib/result.ts";
import { isPermanent, type Problem } from "../../model/errors.ts";
import { firingBatch, type Schedule } from "../../model/schedule.ts";
import type { Draft } from "../../model/submission.ts";
import type { Task } from "../../model/task.ts";
import type { Firing } from "../../plan/schedule.ts";
import { stageBatch } from "../../store/batch.ts";
import { definitionReader } from "../../store/definitions.ts";
import { tryFs } from "../../store/fs-errors.ts";
import type { Layout } from "../../store/layout.ts";
import { noteNames } from "../../store/names.ts";
import { leftWithCode } from "../admit/code.ts";
import { tasksFor } from "../admit/enqueue.ts";
import { machineOf, type OrderSetting } from "../admit/order.ts";
import { QueueView } from "../admit/queue-view.ts";
import type { ReaderSetting } from "../admit/reading.ts";
import type { AtMessage } from "../reader-process.ts";
import { draftsOfFiring, parseSchedule, type ScheduleSource } from "./load-schedule.ts";

export interface ReadJob extends ScheduleSource {
  readonly type: "read";
  readonly text: string;
  /** How the file stood before it was read, and when it last changed. */
  readonly seen: string;
  readonly changedMs: number;
}

/** Firings of a schedule to be staged, oldest first. */
export interface FireJob extends ScheduleSource {
  readonly type: "fire";
  readonly text: string;
  /** When the text was read first, in ms since the epoch. */
  readonly readMs: number;
  /** Of the schedule. */
  readonly uid: string;
  readonly firings: readonly StagedFiring[];
}

export interface StagedFiring extends Firing {
  /** The name of its batch in tmp/: a new one each time, as a reader that outlived its supervisor may still write into the last one. */
  readonly staged: string;
}

export type ScheduleJob = ReadJob | FireJob;

/** An order to read schedule files, and to stage firings as one batch each; nothing is committed. */
export interface ScheduleOrder extends OrderSetting {
  readonly kind: "schedules";
  readonly jobs: readonly ScheduleJob[];
}

/** What the reader of schedules reports, a line of JSON each: a result for each file and each firing, in the order of the jobs. */
export type ScheduleMessage =
  | AtMessage
  /** The error is the faults of the file, as text. */
  | { readonly type: "read"; readonly read: Result<Schedule, string> }
  /** A problem that is not permanent ends the work. */
  | { readonly type: "fired"; readonly problem: Problem | null };

/** What the work of an order is done with. */
interface Work extends ReaderSetting {
  readonly layout: Layout;
  readonly order: ScheduleOrder;
  readonly tell: (told: ScheduleMessage) => void;
  readonly seen: QueueView;
}

/** Reads schedules and stages firings. It may take long: a process of its own does it. */
export async function readSchedules(
  layout: Layout,
  order: ScheduleOrder,
  { clock, env, tell }: Pick<Work, "clock" | "env" | "tell">,
): Promise<void> {
  const work: Work = { layout, order, clock, env, tell, seen: new QueueView(layout) };
  for (const [index, job] of order.jobs.entries()) {
    tell({ type: "at", file: index });
    if (job.type === "fire") {
      if (!(await stageFirings(job, index, work))) return;
      continue;
    }
    const read = parseSchedule(job.text, job, {
      ...order,
      definition: definitionReader(layout),
      nowMs: clock.now(),
    });
    tell({ type: "read", read: read.ok ? { ok: true, value: read.value.schedule } : read });
  }
}

/** False where the disk refused one. */
async function stageFirings(job: FireJob, index: number, work: Work): Promise<boolean> {
  const { layout, order, clock, tell } = work;
  // Read once: all of its firings that are due fire now.
  const drafts = draftsOfFiring(job, {
    ...order,
    definition: definitionReader(layout),
    nowMs: clock.now(),
  });
  for (const firing of job.firings) {
    tell({ type: "at", file: index });
    const done = drafts.ok ? await stageFiring({ job, firing, drafts: drafts.value }, work) : drafts;
    const found = done.ok ? null : done.error;
    tell({ type: "fired", problem: found });
    if (found !== null && !isPermanent(found)) return false;
  }
  return true;
}

async function stageFiring(
  of: { readonly job: FireJob; readonly firing: StagedFiring; readonly drafts: readonly Draft[] },
  { layout, order, clock, env, tell, seen }: Work,
): Promise<Result<readonly Task[], Problem>> {
  const { job, firing, drafts } = of;
  const identity = { schedule: job.name, uid: job.uid, firedFor: timestamp(firing.firedForMs) };
  const found = await leftWithCode(drafts, seen, { layout, env, clock, tell: () => {} });
  if (!found.ok) return found;
  const { left, code } = found.value;
  const made = tasksFor(layout, left.drafts, {
    batch: firingBatch(identity),
    clock,
    machine: machineOf(order),
    controllers: order.controllers,
    createdBy: order.createdBy,
    source: "cron",
    firing: identity,
    seen,
    code,
  });
  if (!made.ok) return made;
  const tasks = made.value;
  seen.add(tasks);
  tell({ type: "at", file: null });
  return tryFs("queue the tasks", () => {
    const ids = tasks.map(({ metadata }) => metadata.id);
    stageBatch(layout, firing.staged, { tasks, fired: { ...identity, tasks: ids } });
    noteNames(layout, ids);
    return tasks;
  });
}
