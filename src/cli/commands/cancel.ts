import { UNFINISHED_STATES } from "../../model/state.ts";
import { actVerb } from "../act-on.ts";
import { isUnended } from "../targets.ts";

const FLAGS = {
  force: { short: "f", help: "kill at once, without the grace period; also in the state collecting" },
  pendingOnly: { help: "only tasks that have not started" },
  ifExists: { help: "no error if a task is gone or has ended" },
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
