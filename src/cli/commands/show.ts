import type { Command } from "commander";
import { EXIT } from "../../model/errors.ts";
import { recordText } from "../../store/record.ts";
import { namedTasks } from "../named-tasks.ts";
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
      const found = namedTasks(context, { home: flags.home, references });
      if (!found.ok) return end(found.error);
      const { layout, tasks } = found.value;
      if (flags.json) {
        const records = tasks.map((task) => JSON.parse(recordText(task)) as unknown);
        context.out(`${JSON.stringify(records.length === 1 ? records[0] : records, null, 2)}\n`);
        return end(EXIT.done);
      }
      const style = styleFor(context.hasColor);
      const nowMs = context.clock.now();
      const texts = tasks.map((task) =>
        renderTask(task, { nowMs, style, runFolder: layout.run(task.metadata.id) }),
      );
      context.out(texts.join("\n"));
      end(EXIT.done);
    });
}
