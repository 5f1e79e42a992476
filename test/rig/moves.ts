import { cancelledInQueue, collecting, retried, stopRequested } from "../../src/model/lifecycle.ts";
import type { Task } from "../../src/model/task.ts";
import { after, aStop, asClaimed, asRunning, aTask, at, exited, killedBy, taskIn } from "./tasks.ts";

/** One write of the holder. */
export interface Move {
  readonly what: string;
  readonly before: Task;
  readonly after: Task;
  /** The audit lines of its transitions. */
  readonly events: readonly string[];
}

const end = { reason: "User", endedAt: at(9), message: "no longer wanted" } as const;
const queued = aTask();
const edited = aTask({ spec: { priority: 9 } });
const claimed = asClaimed(aTask());
const running = asRunning(aTask());
const [failed, cancelled] = [taskIn("failed"), taskIn("cancelled")];
const completed = after(aTask(), exited(0));

/** Every way that a record can take through the folders. */
export const MOVES: readonly Move[] = [
  { what: "a claim", before: queued, after: claimed, events: ["task_preparing"] },
  { what: "a start", before: claimed, after: running, events: ["task_running"] },
  { what: "an intent", before: running, after: stopRequested(running, aStop()), events: [] },
  { what: "a success", before: running, after: completed, events: ["task_collecting", "task_completed"] },
  {
    what: "a success so quick that its start was not written",
    before: claimed,
    after: completed,
    events: ["task_running", "task_collecting", "task_completed"],
  },
  {
    what: "an end whose results are collected",
    before: claimed,
    after: collecting(claimed, { ending: exited(0), endedAtMs: 0, isStopped: false, oomKilled: false }),
    events: ["task_running", "task_collecting"],
  },
  { what: "a failure", before: running, after: after(aTask(), exited(3)), events: ["task_failed"] },
  { what: "a retry", before: running, after: after(aTask(), killedBy("SIGKILL")), events: ["task_queued"] },
  {
    what: "a cancel in the queue",
    before: queued,
    after: cancelledInQueue(queued, end),
    events: ["task_cancelled"],
  },
  {
    what: "a person's retry out of dead-letter/",
    before: failed,
    after: retried(failed),
    events: ["task_queued"],
  },
  {
    what: "a person's retry out of done/",
    before: cancelled,
    after: retried(cancelled),
    events: ["task_queued"],
  },
  { what: "an edit in the queue", before: queued, after: edited, events: [] },
  { what: "an edit in dead-letter/", before: failed, after: { ...failed, spec: edited.spec }, events: [] },
];
