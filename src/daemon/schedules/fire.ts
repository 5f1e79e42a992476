import { timestamp } from "../../lib/clock.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { isPermanent, type Problem } from "../../model/errors.ts";
import { firingBatch } from "../../model/schedule.ts";
import type { Draft } from "../../model/submission.ts";
import { isCommitted } from "../../store/batch.ts";
import { commitOfDraft } from "../admit/code.ts";
import { enqueue } from "../admit/enqueue.ts";
import { QueueView } from "../admit/queue-view.ts";
import { notAgain } from "../admit/same-work.ts";
import type { Supervisor } from "../supervisor.ts";

export interface DueFiring {
  readonly name: string;
  /** Of the schedule. */
  readonly uid: string;
  /** The instant of its rule, in ms since the epoch. */
  readonly firedForMs: number;
}

/** What a firing did: its tasks are committed, by this try or an earlier one, or it was refused. */
export type Fired = { readonly type: "queued" } | { readonly type: "refused"; readonly problem: Problem };

/**
 * Queues the tasks of a firing in the loop, exactly once: its batch has the same name each time that it is tried, and holds the
 * note of the firing until that is in the schedule's sidecar. So there is no moment at which a crash could repeat it or lose it.
 * The error is what the disk refused: the firing is tried again.
 */
export function fire(
  supervisor: Supervisor,
  { name, uid, firedForMs }: DueFiring,
  drafts: Result<Draft[], Problem>,
): Result<Fired, Problem> {
  const { layout, clock, log, actor, limitBackend } = supervisor.context;
  const firing = { schedule: name, uid, firedFor: timestamp(firedForMs) };
  const batch = firingBatch(firing);
  if (isCommitted(layout, batch)) return ok({ type: "queued" });
  const seen = new QueueView(layout);
  const left = drafts.ok ? seen.without(drafts.value) : drafts;
  if (left.ok && left.value.same.length > 0)
    log(`the schedule ${name}: ${notAgain(left.value.same.map(({ id }) => id))}`);
  const tasks = left.ok
    ? enqueue(layout, left.value.drafts, {
        batch,
        clock,
        machine: supervisor.machine,
        controllers: limitBackend().controllers,
        createdBy: actor,
        source: "cron",
        firing,
        seen,
        code: commitOfDraft,
      })
    : left;
  if (tasks.ok) return ok({ type: "queued" });
  const { error } = tasks;
  if (isPermanent(error)) return ok({ type: "refused", problem: error });
  supervisor.committer.enterDegraded(error);
  // Committed before the disk refused to sync it, the batch counts.
  return isCommitted(layout, batch) ? ok({ type: "queued" }) : err(error);
}
