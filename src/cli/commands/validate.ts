import type { Command } from "commander";
import { refuseUnplaceable } from "../../daemon/accept.ts";
import { machineCapacity } from "../../daemon/capacity.ts";
import { EXIT } from "../../model/errors.ts";
import { readDrafts } from "../drafts.ts";
import { describeSweeps, namesOf } from "../text/sweep.ts";
import type { Invocation } from "../verbs.ts";

interface Flags {
  readonly json?: true;
}

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .argument("<files...>", "YAML files; - is stdin")
    .option("--json", "the tasks in full, as they would be queued")
    .action((files: string[], flags: Flags) => {
      const drafts = readDrafts(context, { files, words: null, fields: {} });
      if (!drafts.ok) return end(drafts.error);
      const placeable = refuseUnplaceable(drafts.value, machineCapacity());
      if (!placeable.ok) return end(placeable.error);
      const count = drafts.value.length === 1 ? "one task" : `${drafts.value.length} tasks`;
      context.out(
        flags.json
          ? `${JSON.stringify(drafts.value, null, 2)}\n`
          : `valid: ${count}, ${namesOf(drafts.value).join(", ")}\n${describeSweeps(drafts.value)}`,
      );
      end(EXIT.done);
    });
}
