import { UNFINISHED_STATES } from "../../model/state.ts";
import { actVerb } from "../act-on.ts";
import { isUnended } from "../targets.ts";

const FLAGS = {
  force: { help: "kill at once, without grace; also while results are collected" },
  pendingOnly: { help: "only what has not started" },
  ifExists: { help: "no error where a task is gone or has ended" },
} as const;

export const verb = actVerb(FLAGS, {
  states: UNFINISHED_STATES,
  eligible: isUnended,
  operation: (targets, { force = false, pendingOnly = false }) => ({
    verb: "cancel",
    targets,
    force,
    pendingOnly,
  }),
});
