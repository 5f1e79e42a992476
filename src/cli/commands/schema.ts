import type { Command } from "commander";
import { taskFileSchema } from "../../intake/file-schema.ts";
import { scheduleFileSchema } from "../../intake/schedule-schema.ts";
import { EXIT, problem } from "../../model/errors.ts";
import type { Invocation } from "../verbs.ts";

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .argument(
      "[what]",
      "task: of a task file (the default); schedule: of a file of schedules/; record: of a task's record",
      "task",
    )
    .addHelpText(
      "after",
      "\nFor editors: stint schema > task.schema.json, and in the YAML\n  # yaml-language-server: $schema=./task.schema.json",
    )
    .action(async (what: string) => {
      if (what !== "task" && what !== "record" && what !== "schedule") {
        return end(problem("USAGE", `Cannot print the schema of "${what}": wanted task, schedule or record`));
      }
      const { recordSchema } = await import("../../model/record-schema.ts");
      const schema =
        what === "task" ? taskFileSchema() : what === "schedule" ? scheduleFileSchema() : recordSchema();
      context.out(`${JSON.stringify(schema, null, 2)}\n`);
      end(EXIT.done);
    });
}
