import type { Schema } from "../../src/intake/schema.ts";

/**
 * True where data is what a JSON Schema says; the keywords that ours are made of, and no others (JSON Schema 2020-12, Validation).
 * A keyword that is not known here is an error, so that no schema counts for less than it says.
 */
export function isValid(data: unknown, schema: Schema, root: Schema = schema): boolean {
  return Object.entries(schema).every(([keyword, rule]) => {
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`the keyword ${keyword} is not known here`);
    return check(rule as never, { data, schema, root });
  });
}

interface At {
  readonly data: unknown;
  readonly schema: Schema;
  readonly root: Schema;
}

type Check = (rule: never, at: At) => boolean;

const TYPES: Readonly<Record<string, (data: unknown) => boolean>> = {
  null: (data) => data === null,
  string: (data) => typeof data === "string",
  boolean: (data) => typeof data === "boolean",
  number: (data) => typeof data === "number",
  integer: (data) => Number.isInteger(data),
  array: Array.isArray,
  object: isObject,
};

function isObject(data: unknown): data is Record<string, unknown> {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

const patterns = new Map<string, RegExp>();

function patternOf(source: string): RegExp {
  const known = patterns.get(source) ?? new RegExp(source, "u");
  patterns.set(source, known);
  return known;
}

const always: Check = () => true;
const number =
  (isMet: (data: number, rule: number) => boolean) =>
  (rule: number, { data }: At) =>
    typeof data !== "number" || isMet(data, rule);
const text =
  (isMet: (data: string, rule: number) => boolean) =>
  (rule: number, { data }: At) =>
    typeof data !== "string" || isMet(data, rule);
const list =
  (isMet: (data: unknown[], rule: number) => boolean) =>
  (rule: number, { data }: At) =>
    !Array.isArray(data) || isMet(data, rule);
const keys =
  (isMet: (count: number, rule: number) => boolean) =>
  (rule: number, { data }: At) =>
    !isObject(data) || isMet(Object.keys(data).length, rule);

const KEYWORDS: Readonly<Record<string, Check>> = {
  $schema: always,
  $defs: always,
  title: always,
  description: always,
  examples: always,
  $ref: (rule: string, { data, root }) => isValid(data, at(root, rule), root),
  type: (rule: string | string[], { data }) => [rule].flat().some((name) => TYPES[name]?.(data) === true),
  enum: (rule: unknown[], { data }) => rule.includes(data),
  const: (rule: unknown, { data }) => data === rule,
  minimum: number((data, rule) => data >= rule),
  maximum: number((data, rule) => data <= rule),
  exclusiveMinimum: number((data, rule) => data > rule),
  minLength: text((data, rule) => data.length >= rule),
  maxLength: text((data, rule) => data.length <= rule),
  pattern: (rule: string, { data }) => typeof data !== "string" || patternOf(rule).test(data),
  minItems: list((data, rule) => data.length >= rule),
  maxItems: list((data, rule) => data.length <= rule),
  prefixItems: (rule: Schema[], { data, root }) =>
    !Array.isArray(data) ||
    rule.every((one, index) => index >= data.length || isValid(data[index], one, root)),
  items: (rule: Schema, { data, schema, root }) => {
    const first = (schema["prefixItems"] as unknown[] | undefined)?.length ?? 0;
    return !Array.isArray(data) || data.slice(first).every((one) => isValid(one, rule, root));
  },
  minProperties: keys((count, rule) => count >= rule),
  maxProperties: keys((count, rule) => count <= rule),
  required: (rule: string[], { data }) => !isObject(data) || rule.every((key) => Object.hasOwn(data, key)),
  properties: (rule: Record<string, Schema>, { data, root }) =>
    !isObject(data) ||
    Object.entries(rule).every(([key, one]) => !Object.hasOwn(data, key) || isValid(data[key], one, root)),
  propertyNames: (rule: Schema, { data, root }) =>
    !isObject(data) || Object.keys(data).every((key) => isValid(key, rule, root)),
  additionalProperties: (rule: Schema | false, { data, schema, root }) => {
    const known = (schema["properties"] as object | undefined) ?? {};
    const more = isObject(data) ? Object.keys(data).filter((key) => !Object.hasOwn(known, key)) : [];
    return rule === false
      ? more.length === 0
      : more.every((key) => isValid((data as never)[key], rule, root));
  },
  anyOf: (rule: Schema[], { data, root }) => rule.some((one) => isValid(data, one, root)),
  allOf: (rule: Schema[], { data, root }) => rule.every((one) => isValid(data, one, root)),
  oneOf: (rule: Schema[], { data, root }) => rule.filter((one) => isValid(data, one, root)).length === 1,
  not: (rule: Schema, { data, root }) => !isValid(data, rule, root),
};

function at(root: Schema, pointer: string): Schema {
  const steps = pointer.replace(/^#\//, "").split("/");
  return steps.reduce((schema, step) => schema[step] as Schema, root);
}
