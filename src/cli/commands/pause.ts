import type { Command } from "commander";
import { openAttempt } from "../../model/task.ts";
import { declareActVerb } from "../act-on.ts";
import type { Invocation } from "../verbs.ts";

export function declare(command: Command, invocation: Invocation): void {
  command.option(
    "--release",
    "give what is reserved for them (places, CPUs, memory, GPUs) to others meanwhile",
  );
  declareActVerb<{ release?: true }>(command, invocation, {
    states: ["preparing", "running"],
    eligible: (task) => task.status.state === "running" && openAttempt(task)?.paused === undefined,
    operation: (targets, { release }) => ({ verb: "pause", targets, ...(release && { releases: release }) }),
  });
}
