import { scheduleFileSchema, taskFileSchema } from "../../intake/file-schema.ts";
import { settingsSchema } from "../../intake/settings.ts";
import { own } from "../../lib/own.ts";
import { EXIT } from "../../model/errors.ts";
import { declareVerb } from "../command-line/declare.ts";
import { jsonText } from "../text/json.ts";

export const verb = declareVerb({
  operands: [
    {
      name: "WHAT",
      count: "optional",
      choices: ["task", "schedule", "config", "record"],
      help: "task: of a task file (the default); schedule: of a file of schedules/; config: of config.yaml; record: of a task's record",
    },
  ],
  flags: {},
  notes:
    "For editors: stint schema > task.schema.json, and in the YAML\n  # yaml-language-server: $schema=./task.schema.json",
  run: async ({ context, operands: [what = "task"] }) => {
    const { recordSchema } = await import("../../model/record-schema.ts");
    const schemas = { schedule: scheduleFileSchema, config: settingsSchema, record: recordSchema };
    const schema = (own(schemas, what) ?? taskFileSchema)();
    context.out(jsonText(schema));
    return EXIT.done;
  },
});
