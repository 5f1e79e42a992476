import { openAttempt } from "../../model/task.ts";
import { actVerb } from "../act-on.ts";

const FLAGS = {
  release: { help: "give what is reserved for them (places, CPUs, memory, GPUs) to others meanwhile" },
} as const;

export const verb = actVerb(FLAGS, {
  states: ["preparing", "running"],
  eligible: (task) => task.status.state === "running" && openAttempt(task)?.paused === undefined,
  operation: (targets, { release }) => ({ verb: "pause", targets, ...(release && { releases: release }) }),
});
