import { toJsonSchema } from "@valibot/to-json-schema";
import { task } from "./task.ts";

/** The JSON Schema of the fields of a record that stint reads; on disk there are derived ones (`phase` …) too. */
export function recordSchema(): object {
  return toJsonSchema(task, { errorMode: "ignore" });
}
