import type { Command } from "commander";
import { EXIT } from "../../model/errors.ts";
import { namedTasks } from "../named-tasks.ts";
import { readOverview } from "../overview.ts";
import { explainTask } from "../text/explain.ts";
import type { Invocation } from "../verbs.ts";

interface Flags {
  readonly home?: string;
  readonly json?: true;
}

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .argument("<tasks...>", "numbers, ids, names, ranges (3-7), @")
    .option("--json", "the reasons as JSON")
    .action((references: string[], flags: Flags) => {
      const found = namedTasks(context, { home: flags.home, references });
      if (!found.ok) return end(found.error);
      const { layout, tasks } = found.value;
      const overview = readOverview(context, layout);
      const explained = tasks.map((task) => {
        const wait = task.status.state === "queued" ? overview.whyWaiting(task) : null;
        return {
          id: task.metadata.id,
          state: task.status.state,
          wait,
          lines: explainTask(task, { nowMs: context.clock.now(), wait }),
        };
      });
      if (flags.json) context.out(`${JSON.stringify(explained, null, 2)}\n`);
      else context.out(explained.map(({ lines }) => `${lines.join("\n")}\n`).join("\n"));
      end(EXIT.done);
    });
}
