import type { Command } from "commander";
import { UNENDED_STATES } from "../../model/state.ts";
import { declareActVerb } from "../act-on.ts";
import { isUnended } from "../targets.ts";
import type { Invocation } from "../verbs.ts";

interface Flags {
  readonly force?: true;
  readonly pendingOnly?: true;
}

export function declare(command: Command, invocation: Invocation): void {
  command
    .option("--force", "kill at once, without grace; also while results are collected")
    .option("--pending-only", "only what has not started")
    .option("--if-exists", "no error where a task is gone or has ended");
  declareActVerb<Flags>(command, invocation, {
    states: UNENDED_STATES,
    eligible: isUnended,
    operation: (targets, flags) => ({
      verb: "cancel",
      targets,
      force: flags.force === true,
      pendingOnly: flags.pendingOnly === true,
    }),
  });
}
