import { refuseUnplaceable } from "../../daemon/admit/enqueue.ts";
import { refuseUnenforceable } from "../../daemon/jobs/limit-refusal.ts";
import { homePath } from "../../desk/home.ts";
import { machineFor } from "../../desk/machine.ts";
import { schedulingConfigOf } from "../../desk/scheduling-config.ts";
import { readSettings } from "../../desk/settings.ts";
import { counted } from "../../lib/counted.ts";
import { detectLimitBackend, thisMachine } from "../../machine/limit-backend.ts";
import { EXIT } from "../../model/errors.ts";
import { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { declareVerb } from "../command-line/declare.ts";
import { readDrafts } from "../drafts.ts";
import { NO_FIELDS } from "../task-flags.ts";
import { describeSweeps, namesOf } from "../text/sweep.ts";

export const verb = declareVerb({
  operands: [{ name: "FILE", count: "some", help: "YAML files; - is stdin" }],
  flags: { json: { help: "print the tasks as they would be queued" } },
  run: async ({ context, flags, operands: files }) => {
    const layout = new Layout(homePath(context));
    const settings = await readSettings(context, layout);
    if (!settings.ok) return settings.error;
    const drafts = await readDrafts(context, { files, words: null, fields: NO_FIELDS });
    if (!drafts.ok) return drafts.error;
    const machine = await machineFor(context, layout, {
      drafts: drafts.value,
      scheduling: schedulingConfigOf(settings.value),
      owner: lockOwner(layout),
    });
    const placeable = refuseUnplaceable(drafts.value, machine);
    if (!placeable.ok) return placeable.error;
    const { controllers } = detectLimitBackend(thisMachine(context.env));
    const enforceable = refuseUnenforceable(drafts.value, controllers);
    if (!enforceable.ok) return enforceable.error;
    const count = counted(drafts.value.length, "task");
    context.out(
      flags.json
        ? `${JSON.stringify(drafts.value, null, 2)}\n`
        : `valid: ${count}, ${namesOf(drafts.value).join(", ")}\n${describeSweeps(drafts.value)}`,
    );
    return EXIT.done;
  },
});
