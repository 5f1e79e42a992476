import { openAttempt } from "../../model/task.ts";
import { actVerb } from "../act-on.ts";
import { orWholeQueue } from "../queue-pause.ts";

export const verb = orWholeQueue(
  actVerb(
    {},
    {
      states: ["preparing", "running"],
      eligible: (task) => openAttempt(task)?.paused !== undefined,
      operation: (targets) => ({ verb: "resume", targets }),
    },
  ),
  "resumeQueue",
  "Without a task, it resumes a paused queue. With tasks, it continues their paused jobs.",
);
