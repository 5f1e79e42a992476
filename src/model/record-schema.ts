import { toJsonSchema } from "@valibot/to-json-schema";
import { task } from "./task.ts";

/** The JSON Schema of what stint itself reads of a record; the fields for readers (`phase` …) come on top on disk. */
export function recordSchema(): object {
  return toJsonSchema(task, { errorMode: "ignore" });
}
