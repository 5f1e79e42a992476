import type { Command } from "commander";
import { openAttempt } from "../../model/task.ts";
import { declareActVerb } from "../act-on.ts";
import type { Invocation } from "../verbs.ts";

export function declare(command: Command, invocation: Invocation): void {
  declareActVerb(command, invocation, {
    states: ["preparing", "running"],
    eligible: (task) => openAttempt(task)?.paused !== undefined,
    operation: (targets) => ({ verb: "resume", targets }),
  });
}
