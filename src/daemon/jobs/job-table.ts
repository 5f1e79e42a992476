import { ProcessWatch } from "../../lib/process-watch.ts";
import type { TaskId } from "../../model/identity.ts";
import { ProcessTracker } from "../../run/process-tracker.ts";
import type { Job } from "./job.ts";

/** The jobs that this supervisor started or adopted, with the trackers of their processes. */
export class JobTable extends Map<TaskId, Job> implements Disposable {
  readonly processes = new ProcessTracker();
  /** Reports the end of leaders that are not children of this process. */
  readonly leaders = new ProcessWatch();
  /** Active tasks whose run folders could not be read at their adoption; see `adoptLeft`. */
  readonly unadopted = new Set<TaskId>();
  /** Tasks that lost their process and were requeued since this supervisor started. */
  readonly requeued: { readonly id: TaskId; readonly claimedAtMs: number }[] = [];

  [Symbol.dispose](): void {
    this.leaders[Symbol.dispose]();
  }
}
