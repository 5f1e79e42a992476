import * as v from "valibot";
import { isObject } from "./check.ts";

/*
 * What goes into a job and comes out of it: inputs, outputs and their declarations. Names are the user's, and values are JSON. No
 * `v.record`, which drops keys such as `constructor` and `prototype`.
 */

/** Any JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** The types of inputs and outputs; a `file` and a `dir` are paths. */
export const VALUE_TYPES = ["int", "float", "bool", "string", "file", "dir", "list", "any"] as const;
export type DataType = (typeof VALUE_TYPES)[number];

/** Which value of an output is the best. */
export const GOALS = ["max", "min"] as const;

/** All inputs of a task, as JSON; what is larger goes into a file, whose path is an input. */
export const MAX_INPUTS_BYTES = 64 * 1_024;
export const MAX_INPUTS = 1_000;

const jsonValue = v.custom<Json>((data) => data !== undefined);
const bounds = {
  type: v.picklist(VALUE_TYPES),
  required: v.optional(v.literal(true)),
  min: v.optional(v.number()),
  max: v.optional(v.number()),
  choices: v.optional(v.array(jsonValue)),
  description: v.optional(v.string()),
};

/** The declaration of an input. */
export const inputSpec = v.strictObject({ ...bounds, default: v.optional(jsonValue) });
export type InputSpec = v.InferOutput<typeof inputSpec>;

/** The declaration of an output. */
export const outputSpec = v.strictObject({ ...bounds, goal: v.optional(v.picklist(GOALS)) });
export type OutputSpec = v.InferOutput<typeof outputSpec>;

/** Values by the user's names. */
export const jsonObject = v.custom<Readonly<Record<string, Json>>>(isObject);
export type JsonObject = v.InferOutput<typeof jsonObject>;

/** A mapping from the user's names to values of one schema. */
export function byName<Schema extends v.GenericSchema>(
  schema: Schema,
): v.GenericSchema<unknown, Readonly<Record<string, v.InferOutput<Schema>>>> {
  return v.custom<Readonly<Record<string, v.InferOutput<Schema>>>>(
    (data) => isObject(data) && Object.values(data).every((one) => v.is(schema, one)),
  );
}
