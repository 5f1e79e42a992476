import { ProcessWatch } from "../../lib/process-watch.ts";
import type { TaskId } from "../../model/identity.ts";
import { ProcessTracker } from "../../run/process-tracker.ts";
import type { Job } from "./job.ts";

/** The jobs that this supervisor started or adopted, and what is known of their processes. */
export class JobTable extends Map<TaskId, Job> implements Disposable {
  readonly processes = new ProcessTracker();
  /** Tells of the end of processes that lead jobs and are not our children. */
  readonly leaders = new ProcessWatch();
  /** Active tasks whose runs could not be looked at when they were to be adopted; see `adoptLeft`. */
  readonly unadopted = new Set<TaskId>();
  /** What lost its process and was queued again since this supervisor began. */
  readonly requeued: { readonly id: TaskId; readonly claimedAtMs: number }[] = [];

  [Symbol.dispose](): void {
    this.leaders[Symbol.dispose]();
  }
}
