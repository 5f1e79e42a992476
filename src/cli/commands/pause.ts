import { openAttempt } from "../../model/task.ts";
import { actVerb } from "../act-on.ts";

const FLAGS = {
  release: { help: "let other tasks use their reservations (job count, CPUs, memory, GPUs) meanwhile" },
} as const;

export const verb = actVerb(FLAGS, {
  states: ["preparing", "running"],
  eligible: (task) => task.status.state === "running" && openAttempt(task)?.paused === undefined,
  operation: (targets, { release }) => ({ verb: "pause", targets, ...(release && { releases: release }) }),
});
