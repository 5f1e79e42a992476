import * as v from "valibot";
import { own } from "../../lib/own.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { closest } from "../../lib/suggest.ts";
import { isObject } from "../check.ts";

/** One key of a JSON body. */
export interface BodyField<T = unknown> {
  readonly about: string;
  /** What a fault says after "wanted". */
  readonly wanted: string;
  readonly schema: v.GenericSchema<unknown, T>;
  readonly isRequired?: true;
}

export type BodyFields = Readonly<Record<string, BodyField>>;

type ValueOf<F extends BodyField> = F extends BodyField<infer T> ? T : never;

/** The values of fields; one that is not required may be absent. */
export type FieldValues<F extends BodyFields> = {
  readonly [K in keyof F as F[K] extends { readonly isRequired: true } ? K : never]: ValueOf<F[K]>;
} & { readonly [K in keyof F as F[K] extends { readonly isRequired: true } ? never : K]?: ValueOf<F[K]> };

/** Reads a JSON value as fields; the error names every fault, each as a clause in plain words. */
export function readFields<F extends BodyFields>(fields: F, data: unknown): Result<FieldValues<F>, string> {
  if (!isObject(data)) return err(`the body is ${shortly(data)}, wanted an object with ${listOf(fields)}`);
  const faults = [
    ...Object.keys(data)
      .filter((key) => own(fields, key) === undefined)
      .map((key) => unknownKey(fields, key)),
    ...Object.entries(fields).flatMap(([key, field]) => faultOf(key, { field, value: own(data, key) })),
  ];
  // The schemas have checked each value, and no other key is left.
  return faults.length > 0 ? err(faults.join("; ")) : ok(data as unknown as FieldValues<F>);
}

/** The schema of a body with these fields. */
export function fieldsSchema(fields: BodyFields): v.GenericSchema {
  return v.strictObject(
    Object.fromEntries(
      Object.entries(fields).map(([key, { schema, about, isRequired }]) => {
        const described = v.pipe(schema, v.description(about));
        return [key, isRequired === true ? described : v.optional(described)];
      }),
    ),
  );
}

function faultOf(key: string, of: { readonly field: BodyField; readonly value: unknown }): string[] {
  const { field, value } = of;
  if (value === undefined)
    return field.isRequired === true ? [`"${key}" is missing, wanted ${field.wanted}`] : [];
  return v.is(field.schema, value) ? [] : [`"${key}" is ${shortly(value)}, wanted ${field.wanted}`];
}

function unknownKey(fields: BodyFields, key: string): string {
  const near = closest(key, new Set(Object.keys(fields)));
  const wanted = near === null ? `wanted ${listOf(fields)}` : `did you mean "${near}"?`;
  return `"${clipped(key)}" is not known, ${wanted}`;
}

function listOf(fields: BodyFields): string {
  return Object.keys(fields)
    .map((key) => `"${key}"`)
    .join(", ");
}

/** A longer value is not repeated in a message. */
const MAX_SHOWN = 60;

function clipped(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function shortly(value: unknown): string {
  if (value === undefined) return "no JSON";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return isObject(value) ? "an object" : clipped(JSON.stringify(value));
}
