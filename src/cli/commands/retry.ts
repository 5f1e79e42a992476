import { tellOfEndedChildren } from "../../desk/ended-children.ts";
import { tellOfRetried } from "../../desk/taken.ts";
import { targetAttemptOf } from "../../desk/targets.ts";
import { ok } from "../../lib/result.ts";
import { actVerb } from "../act-on.ts";
import { KEY_VALUE } from "../command-line/values.ts";
import { settableKeys } from "../completion/keys.ts";
import { tellIfNothingStarts } from "../start-note.ts";
import { editedTargets } from "../task-edits.ts";
import { settingsOf } from "../task-flags.ts";

const FLAGS = {
  dryRun: { help: "show what would be queued again, and change nothing" },
  set: {
    value: { ...KEY_VALUE, keys: settableKeys },
    repeats: true,
    help: "change a key first, such as memory=64GB (see `stint set`)",
  },
} as const;

export const verb = actVerb(FLAGS, {
  states: ["failed", "cancelled"],
  eligible: ({ status }) => status.state === "failed" || status.state === "cancelled",
  targetsOf: async (context, tasks, { set = [] }) =>
    set.length === 0 ? ok(tasks.map(targetAttemptOf)) : editedTargets(context, tasks, settingsOf(set)),
  operation: (targets, { dryRun }) => ({ verb: "retry", targets, ...(dryRun === true && { dryRun }) }),
  tellMore: (context, layout, tasks) => {
    tellOfEndedChildren(context, layout, tasks);
    tellOfRetried(context, layout, tasks);
    tellIfNothingStarts(context, layout);
  },
});
