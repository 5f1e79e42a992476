import type { Command } from "commander";
import { EXIT } from "../../model/errors.ts";
import { openHome } from "../../store/home.ts";
import { recordText } from "../../store/record.ts";
import { homePath } from "../home.ts";
import { findTasks } from "../select.ts";
import { renderTask } from "../text/show.ts";
import { styleFor } from "../text/style.ts";
import type { Invocation } from "../verbs.ts";

interface Flags {
  readonly home?: string;
  readonly json?: true;
}

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .argument("<tasks...>", "numbers, ids, names, ranges (3-7), @")
    .option("--json", "the record as it is on disk; several as an array")
    .action((references: string[], flags: Flags) => {
      const home = openHome(homePath(context, flags.home));
      if (!home.ok) return end(home.error);
      const found = findTasks(home.value, references);
      if (!found.ok) return end(found.error);
      if (flags.json) {
        const records = found.value.map((task) => JSON.parse(recordText(task)) as unknown);
        context.out(`${JSON.stringify(records.length === 1 ? records[0] : records, null, 2)}\n`);
        return end(EXIT.done);
      }
      const style = styleFor(context.hasColor);
      const nowMs = context.clock.now();
      const texts = found.value.map((task) =>
        renderTask(task, { nowMs, style, runFolder: home.value.run(task.metadata.id) }),
      );
      context.out(texts.join("\n"));
      end(EXIT.done);
    });
}
