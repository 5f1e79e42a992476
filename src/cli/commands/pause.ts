import { openAttempt } from "../../model/task.ts";
import { actVerb } from "../act-on.ts";
import { orWholeQueue } from "../queue-pause.ts";

const FLAGS = { release: { help: "free their CPUs, memory and GPUs for other tasks while paused" } } as const;

export const verb = orWholeQueue(
  actVerb(FLAGS, {
    states: ["preparing", "running"],
    eligible: (task) => task.status.state === "running" && openAttempt(task)?.paused === undefined,
    operation: (targets, { release }) => ({ verb: "pause", targets, ...(release && { releases: release }) }),
  }),
  "pauseQueue",
  "Without a task, it pauses the queue: until stint resume, nothing starts, not even retries or after a restart of the supervisor; running jobs go on. With tasks, it suspends their jobs.",
);
