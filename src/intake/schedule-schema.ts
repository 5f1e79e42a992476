import { CATCH_UPS } from "../model/schedule.ts";
import { ADMISSIONS } from "../model/spec.ts";
import { duration, taskFileSchema } from "./file-schema.ts";

const text = { type: "string" };

/** What an editor is told of each key of a schedule; a test holds it against the keys that are read. */
export const SCHEDULE_SCHEMAS: Readonly<Record<string, unknown>> = {
  cron: { ...text, description: "minute hour day month weekday", examples: ["30 1 * * *"] },
  every: duration,
  timeZone: { ...text, examples: ["Europe/Berlin"] },
  task: {
    anyOf: [{ $ref: "#/$defs/task" }, { type: "array", items: { $ref: "#/$defs/task" }, minItems: 1 }],
  },
  file: { ...text, description: "the absolute path of a task file" },
  slot: text,
  overlap: { enum: [...ADMISSIONS] },
  catchUp: { enum: [...CATCH_UPS] },
  window: duration,
  cap: { type: "integer", minimum: 1 },
  jitter: duration,
  from: { ...text, description: "a date, or a date with a time" },
  until: { ...text, description: "the last date, or a time" },
  paused: { type: "boolean" },
};

/** The JSON Schema (draft 2020-12) of a file of `schedules/`. */
export function scheduleFileSchema(): Readonly<Record<string, unknown>> {
  const { $schema, title: _title, ...task } = taskFileSchema();
  return {
    $schema,
    title: "stint schedule",
    type: "object",
    additionalProperties: false,
    properties: SCHEDULE_SCHEMAS,
    allOf: [
      ["cron", "every"],
      ["task", "file"],
    ].map((two) => ({
      oneOf: two.map((key) => ({ required: [key] })),
    })),
    $defs: { task },
  };
}
