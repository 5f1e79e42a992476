import type { Command } from "commander";
import { refuseUnplaceable } from "../../daemon/admit/enqueue.ts";
import { refuseUnenforceable } from "../../daemon/jobs/limit-refusal.ts";
import { detectLimitBackend, thisMachine } from "../../machine/limit-backend.ts";
import { EXIT } from "../../model/errors.ts";
import { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { readDrafts } from "../drafts.ts";
import { homePath } from "../home.ts";
import { machineFor } from "../machine.ts";
import { schedulingConfigOf } from "../scheduling-config.ts";
import { readSettings } from "../settings.ts";
import { describeSweeps, namesOf } from "../text/sweep.ts";
import type { Invocation } from "../verbs.ts";

interface Flags {
  readonly json?: true;
}

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .argument("<files...>", "YAML files; - is stdin")
    .option("--json", "the tasks in full, as they would be queued")
    .action(async (files: string[], flags: Flags) => {
      const layout = new Layout(homePath(context));
      const settings = await readSettings(context, layout);
      if (!settings.ok) return end(settings.error);
      const drafts = await readDrafts(context, { files, words: null, fields: {} });
      if (!drafts.ok) return end(drafts.error);
      const machine = await machineFor(context, layout, {
        drafts: drafts.value,
        scheduling: schedulingConfigOf(settings.value),
        owner: lockOwner(layout),
      });
      const placeable = refuseUnplaceable(drafts.value, machine);
      if (!placeable.ok) return end(placeable.error);
      const { controllers } = detectLimitBackend(thisMachine(context.env));
      const enforceable = refuseUnenforceable(drafts.value, controllers);
      if (!enforceable.ok) return end(enforceable.error);
      const count = drafts.value.length === 1 ? "one task" : `${drafts.value.length} tasks`;
      context.out(
        flags.json
          ? `${JSON.stringify(drafts.value, null, 2)}\n`
          : `valid: ${count}, ${namesOf(drafts.value).join(", ")}\n${describeSweeps(drafts.value)}`,
      );
      end(EXIT.done);
    });
}
