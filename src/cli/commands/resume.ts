import { openAttempt } from "../../model/task.ts";
import { actVerb } from "../act-on.ts";

export const verb = actVerb(
  {},
  {
    states: ["preparing", "running"],
    eligible: (task) => openAttempt(task)?.paused !== undefined,
    operation: (targets) => ({ verb: "resume", targets }),
  },
);
