import { taskSchema } from "./file-schema.ts";
import { scheduleKeys } from "./keys/schedule.ts";
import { DRAFT, type Schema, says } from "./schema.ts";
import { withShared } from "./schema-parts.ts";

/** The JSON Schema (draft 2020-12) of a file of `schedules/`. */
export function scheduleFileSchema(): Schema {
  return withShared({
    $schema: DRAFT,
    title: "stint schedule",
    ...scheduleKeys.schema,
    allOf: [
      ["cron", "every"],
      ["task", "file"],
    ].map((two) => ({ oneOf: two.map(says) })),
    $defs: { task: taskSchema() },
  });
}
