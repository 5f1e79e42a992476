import * as v from "valibot";
import { err, ok, type Result } from "../lib/result.ts";

/** Validates data from outside against a schema; the error names the first fault and its path. */
export function check<Schema extends v.GenericSchema>(
  schema: Schema,
  data: unknown,
): Result<v.InferOutput<Schema>, string> {
  const parsed = v.safeParse(schema, data);
  if (parsed.success) return ok(parsed.output);
  const issue = parsed.issues[0];
  return err(`${v.getDotPath(issue) ?? "it"}: ${issue.message}`);
}

/** True for a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses and validates JSON text; null where it is invalid. */
export function parseJson<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
): v.InferOutput<Schema> | null {
  const checked = check(schema, jsonIn(text));
  return checked.ok ? checked.value : null;
}

/** The data of JSON text; undefined, which no schema accepts, for any other text. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
