import type { Command } from "commander";
import { taskFileSchema } from "../../intake/file-schema.ts";
import { EXIT, problem } from "../../model/errors.ts";
import type { Invocation } from "../verbs.ts";

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .argument("[what]", "task: of a task file (the default); record: of a task's record", "task")
    .addHelpText(
      "after",
      "\nFor editors: stint schema > task.schema.json, and in the YAML\n  # yaml-language-server: $schema=./task.schema.json",
    )
    .action(async (what: string) => {
      if (what !== "task" && what !== "record") {
        return end(problem("USAGE", `Cannot print the schema of "${what}": wanted task or record`));
      }
      const { recordSchema } = await import("../../model/record-schema.ts");
      context.out(`${JSON.stringify(what === "task" ? taskFileSchema() : recordSchema(), null, 2)}\n`);
      end(EXIT.done);
    });
}
