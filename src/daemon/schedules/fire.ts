import { timestamp } from "../../lib/clock.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { isPermanent, type Problem } from "../../model/errors.ts";
import { firingBatch } from "../../model/schedule.ts";
import type { Draft } from "../../model/submission.ts";
import type { Task } from "../../model/task.ts";
import { incomingBatches } from "../../store/batch.ts";
import { enqueue } from "../admit/enqueue.ts";
import type { Supervisor } from "../supervisor.ts";

/** One firing of a schedule that is due. */
export interface DueFiring {
  readonly name: string;
  /** Of the schedule. */
  readonly uid: string;
  /** The instant of its rule, in ms since the epoch. */
  readonly firedForMs: number;
}

/** What came of a firing: its tasks, or nothing but the reason. */
export type Fired =
  | { readonly type: "queued"; readonly tasks: readonly Task[] }
  /** An earlier try was cut short after its commit; whoever publishes the batch notes the firing. */
  | { readonly type: "known" }
  | { readonly type: "refused"; readonly problem: Problem };

/**
 * Queues what a firing queues, once: its batch has the same name each time that it is tried, and bears the note of the
 * firing until that is in the schedule's sidecar. So there is no moment at which a crash could repeat it or lose it. The
 * error is trouble with the disk: it is to be tried again.
 */
export function fire(
  supervisor: Supervisor,
  { name, uid, firedForMs }: DueFiring,
  drafts: Result<Draft[], Problem>,
): Result<Fired, Problem> {
  const { layout, clock, actor, limitBackend } = supervisor.context;
  const firing = { schedule: name, uid, firedFor: timestamp(firedForMs) };
  const batch = firingBatch(firing);
  const isCommitted = (): boolean => incomingBatches(layout).includes(batch);
  if (isCommitted()) return ok({ type: "known" });
  const tasks = drafts.ok
    ? enqueue(layout, drafts.value, {
        batch,
        clock,
        machine: supervisor.machine,
        controllers: limitBackend().controllers,
        createdBy: actor,
        source: "cron",
        firing,
      })
    : drafts;
  if (tasks.ok) return ok({ type: "queued", tasks: tasks.value });
  const { error } = tasks;
  if (isPermanent(error)) return ok({ type: "refused", problem: error });
  supervisor.committer.enterDegraded(error);
  // Committed before the disk refused to sync it, the batch counts.
  return isCommitted() ? ok({ type: "known" }) : err(error);
}
