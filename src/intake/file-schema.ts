import { own } from "../lib/own.ts";
import { DEFINITION_PATTERN } from "../model/definition.ts";
import { FIELDS } from "./fields.ts";
import type { Described, Field } from "./keys/field.ts";
import { GROUPS } from "./keys/groups.ts";
import { scheduleKeys } from "./keys/schedule.ts";
import { SWEEP_KEYS, SWEEP_LIMITS } from "./keys/sweep.ts";
import { DRAFT, orNull, type Schema, says, textLike } from "./schema.ts";
import { withShared } from "./schema-parts.ts";

const PLACEHOLDER = textLike("\\$\\{\\{");

/** The JSON Schema (draft 2020-12) of the short form of a task file: one document of it, in the spelling of the help. */
export function taskFileSchema(): Schema {
  return withShared({ $schema: DRAFT, title: "stint task", ...taskSchema() });
}

/** The same, as a part of another schema. */
function taskSchema(): Schema {
  return {
    type: "object",
    additionalProperties: false,
    properties: { ...fieldSchemas(), ...sweepSchemas(), definition: DEFINITION },
    allOf: [
      ...PROGRAM_RULES,
      ...SWEEP_RULES,
      ...CONTAINER_RULES,
      ...needRules(),
      ...GPU_RULES,
      ...onceRules(),
    ],
  };
}

/** The schemas of all keys; those of a group are in the schema of the group. */
function fieldSchemas(): Record<string, Schema> {
  const fields = Object.entries(FIELDS).flatMap(([key, field]) => [
    [key, field] as const,
    ...Object.entries(field.also ?? {}).flatMap(([spelling, { isOurs }]) =>
      isOurs === true ? [[spelling, field] as const] : [],
    ),
  ]);
  const at = (prefix: string): Record<string, Schema> =>
    Object.fromEntries(
      fields
        .filter(([key]) => key.startsWith(prefix) && !key.slice(prefix.length).includes("."))
        .map(([key, field]) => [key.slice(prefix.length), valueSchema(field)]),
    );
  const properties = at("");
  for (const [name, { prefix, now, ...described }] of Object.entries(GROUPS)) {
    if (prefix === "" || name.includes(".")) continue;
    const inner = at(prefix);
    if (name === "retry") inner["backoff"] = mappingSchema(at("backoff."), {});
    const { [name]: alone } = properties;
    const whole = mappingSchema(inner, now === undefined ? described : { about: `the old word for ${now}` });
    properties[name] = alone === undefined ? whole : { ...alone, anyOf: [alone, whole] };
  }
  return properties;
}

function mappingSchema(properties: Record<string, Schema>, { about }: Partial<Described>): Schema {
  const schema = orNull({ type: "object", additionalProperties: false, properties });
  return about === undefined ? schema : { description: about, ...schema };
}

/** In a sweep any value may contain placeholders. */
function valueSchema({ read, about }: Field): Schema {
  return { description: about, ...orNull(isAnyText(read.schema) ? read.schema : orPlaceholder(read.schema)) };
}

function isAnyText({ type, pattern }: Schema): boolean {
  return pattern === undefined && (type === "string" || (Array.isArray(type) && type.includes("string")));
}

function orPlaceholder(schema: Schema): Schema {
  const { anyOf, ...rest } = schema;
  return Array.isArray(anyOf) && Object.keys(rest).length === 0
    ? { anyOf: [...(anyOf as Schema[]), PLACEHOLDER] }
    : { anyOf: [schema, PLACEHOLDER] };
}

function sweepSchemas(): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(SWEEP_KEYS).map(([key, { schema, about }]) => [
      key,
      { description: about, ...orNull(schema) },
    ]),
  );
}

/** The spellings of a field that a document may have. */
function spellingsOf(key: string): string[] {
  const others = Object.entries(FIELDS[key]?.also ?? {}).flatMap(([spelling, { isOurs }]) =>
    isOurs === true ? [spelling] : [],
  );
  const nested = Object.entries(GROUPS).flatMap(([group, { prefix }]) =>
    prefix !== "" && prefix !== `${group}.` && key.startsWith(prefix)
      ? [`${group}.${key.slice(prefix.length)}`]
      : [],
  );
  return [key, ...others, ...nested];
}

/** A document that sets a field, in any spelling of the help. */
function given(key: string): Schema {
  const all = spellingsOf(key).map(says);
  return all.length === 1 ? says(key) : { anyOf: all };
}

/** Of the spellings of one place in the record, a document may have only one. */
function onceRules(): Schema[] {
  const places = Map.groupBy(Object.keys(FIELDS), (key) => FIELDS[key]?.to.join("."));
  return [...places.values()].flatMap((keys) => {
    const spellings = keys.flatMap(spellingsOf);
    return spellings.flatMap((one, index) =>
      spellings
        .slice(index + 1)
        .filter((other) => !other.startsWith(`${one}.`))
        .map((other) => never(says(one), says(other))),
    );
  });
}

function never(...together: readonly Schema[]): Schema {
  return { not: { allOf: together } };
}

/** `args` in one line may be the whole command, as in fetch_ml. */
const LINE = { required: ["args"], properties: { args: textLike("\\S") } };
const WAYS = ["run", "command", "script"].map(given);
const IMAGE = given("container.image");

const DEFINITION: Schema = {
  description: "a definition whose keys stand in its place, such as train@3; other keys override them",
  ...orNull(textLike(DEFINITION_PATTERN.source)),
};
const OF_DEFINITION = says("definition");

/** What a definition has already need not be said beside it. */
function unlessDefined(rule: Schema): Schema {
  return { anyOf: [OF_DEFINITION, rule] };
}

const PROGRAM_RULES: readonly Schema[] = [
  // An image may have a program of its own.
  unlessDefined({ oneOf: [...WAYS, { anyOf: [IMAGE, LINE], not: { anyOf: WAYS } }] }),
  never(given("args"), given("run")),
  unlessDefined(never(given("runtime"), { not: { anyOf: [given("run"), given("script")] } })),
];

/** True of a key that is a group too where it is not written as the group. */
function saysItself(key: string): Schema {
  if (own(GROUPS, key) === undefined) return says(key);
  return { ...says(key), properties: { [key]: { not: { type: ["null", "object"] } } } };
}

const CONTAINER_RULES: readonly Schema[] = [
  ...Object.keys(FIELDS)
    .filter((key) => FIELDS[key]?.kind === "container" && key !== "container.image")
    .map((key) => unlessDefined(never(says(key), { not: IMAGE }))),
  ...Object.keys(FIELDS)
    .filter((key) => FIELDS[key]?.kind === "subprocess")
    .map((key) => never(saysItself(key), IMAGE)),
  never({ properties: { environment: textLike("^[-_]*[iI]") }, required: ["environment"] }, IMAGE),
];

/** Keys that require another key, or exclude one. */
function needRules(): Schema[] {
  return Object.entries(FIELDS).flatMap(([key, { needs, notWith }]) => [
    ...(needs === undefined ? [] : [unlessDefined(never(says(key), { not: { anyOf: needs.map(given) } }))]),
    ...(notWith === undefined ? [] : [never(says(key), given(notWith))]),
  ]);
}

const SWEEPS = ["matrix", "each", "array"].map(says);
const SWEEP_RULES: readonly Schema[] = [
  ...Object.keys(SWEEP_LIMITS).map((key) => unlessDefined(never(says(key), { not: { anyOf: SWEEPS } }))),
  { anyOf: [{ not: { anyOf: SWEEPS } }, { oneOf: SWEEPS }] },
];

const GPU_RULES: readonly Schema[] = [
  never(
    { properties: { gpus: { const: 0 } }, required: ["gpus"] },
    { anyOf: ["vram", "gpuModel", "gpuMinMemory", "gpuIds"].map(says) },
  ),
];

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
