import { ok, type Result } from "../lib/result.ts";
import { MAX_NAME_LENGTH, MAX_WORK_KEY_LENGTH, WORK_KEY_PATTERN } from "../model/identity.ts";
import type { Requirement, Selector } from "../model/selector.ts";
import { MAX_TOPIC_LENGTH, TOPIC_PATTERN } from "../model/topic.ts";
import { type Fault, misfit, refuse } from "./fault.ts";
import { mapping, partOf } from "./mapping.ts";
import {
  after,
  all,
  described,
  listOf,
  oneOf,
  type ReadContext,
  type Reader,
  reader,
  text,
} from "./readers.ts";
import { oneOfWords, oneOrMany, type Schema, says, TEXT, textLike } from "./schema.ts";
import type { Value } from "./value.ts";

const IDENTIFIER = /^[A-Za-z0-9._-]+$/;

/** The name of a lane or a key: letters, digits and `._-`. */
export function identifier(maxLength: number): Reader<string> {
  return word(IDENTIFIER, maxLength, "letters, digits, dots, dashes and underscores");
}

/** The name of a topic. */
export const topic = word(
  TOPIC_PATTERN,
  MAX_TOPIC_LENGTH,
  "letters, digits, dots, dashes and underscores, and no dot first",
);

/** The key of a piece of work, such as `xsum/kl/seed3`. */
export const workName = word(WORK_KEY_PATTERN, MAX_WORK_KEY_LENGTH, "letters, digits and . _ - / : = , @ +");

function word(pattern: RegExp, maxLength: number, wanted: string): Reader<string> {
  const read = after(text, (typed, value) => {
    if (!pattern.test(typed)) return misfit(value, wanted);
    return typed.length > maxLength
      ? refuse(value, `has ${typed.length} characters, wanted at most ${maxLength}`)
      : ok(typed);
  });
  return reader({ ...TEXT, pattern: pattern.source, maxLength }, read, String);
}

/** Texts in a list, or between commas. */
const texts = after(listOf(text), (lines) =>
  ok(lines.flatMap((line) => line.split(",")).map((one) => one.trim())),
);

const REFERENCE = /^(\d+(?:-\d+)?|[A-Za-z][A-Za-z0-9._-]*|\d{6,}-[A-Za-z0-9._-]+)$/;
const ONE = REFERENCE.source.slice(1, -1);
const reference: Schema = {
  anyOf: [
    textLike(`^\\s*${ONE}\\s*(,\\s*${ONE}\\s*)*$`),
    { type: "integer", minimum: 0 },
    { type: "boolean" },
  ],
};

/** Tasks by number, id, name or range: a list, or a text with commas between them. */
export const references = reader(
  oneOrMany(reference),
  after(texts, (names, value) => {
    const odd = names.find((name) => !REFERENCE.test(name));
    if (odd !== undefined)
      return refuse(
        value,
        `names "${odd}", wanted the number, the id or the name of a task, or a range such as 3-7`,
      );
    const long = names.find((name) => name.length > 2 * MAX_NAME_LENGTH);
    return long === undefined ? ok([...new Set(names)]) : refuse(value, "names a task of impossible length");
  }),
);

/** Of parents: all that are to succeed, and those of which one is to succeed. */
const parentGroups = mapping(
  { allOf: references, anyOf: references },
  { example: "tasks, or a mapping such as {anyOf: [a, b]}" },
);
export type ParentGroups = { readonly allOf?: readonly string[]; readonly anyOf?: readonly string[] };

/** The same, or `{allOf: [a], anyOf: [b, c]}`. */
export const referencesOrGroups = reader(
  () => ({ anyOf: [references.schema, { ...parentGroups.schema, minProperties: 1 }] }),
  (value: Value, context: ReadContext): Result<readonly string[] | ParentGroups, Fault[]> => {
    if (value.type !== "mapping") return references(value, context);
    if (value.entries.length > 0) return parentGroups(value, context);
    return misfit(value, "tasks, or a mapping such as {anyOf: [a, b]}");
  },
);

const deviceName = { ...TEXT, pattern: "^(\\s*[^,\\s][^,]*)(,\\s*[^,\\s][^,]*)*$" };

/** GPUs by index, id or the beginning of one. */
export const deviceNames = reader(
  { anyOf: [deviceName, { type: "array", items: deviceName, minItems: 1 }] },
  texts,
);

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"] as const;
const PART = "\\s*(![^=!\\s,]+|[^=!\\s,]+\\s*(!?=\\s*[^\\s,]+)?)\\s*";
const values = described(listOf(text), () => ({
  anyOf: [TEXT, { type: "array", items: TEXT, minItems: 1 }],
}));
const requirementKeys = mapping(
  { key: text, operator: oneOf(OPERATORS), values },
  { must: ["key", "operator"], example: "{key: pool, operator: In, values: [night]}" },
);
const selectorSchemas = (): readonly Schema[] => [
  { ...TEXT, pattern: `^${PART}(,${PART})*$` },
  {
    type: "object",
    not: { required: ["operator"] },
    propertyNames: { minLength: 1 },
    additionalProperties: values.schema,
  },
  {
    ...requirementKeys.schema,
    oneOf: [
      { allOf: [{ properties: { operator: oneOfWords(["In", "NotIn"]) } }, says("values")] },
      { properties: { operator: oneOfWords(["Exists", "DoesNotExist"]) }, not: says("values") },
    ],
  },
];

/** `{pool: night}`, `pool=night, !draft`, or a list of these or of requirements in the form of the record. */
export const selectorReader = reader(
  () => ({ anyOf: [...selectorSchemas(), { type: "array", items: { anyOf: selectorSchemas() } }] }),
  readSelector,
);

function readSelector(value: Value, context: ReadContext): Result<Selector, Fault[]> {
  if (value.type === "list") {
    const nested = value.items.find((item) => item.type === "list");
    if (nested !== undefined) return refuse(nested, "is a list in a list, wanted key=value or a mapping");
    const read = all(value.items.map((item) => readSelector(item, context)));
    return read.ok ? ok(read.value.flat()) : read;
  }
  if (value.type === "scalar") return selectorText(value);
  if (value.entries.some(({ key }) => key === "operator")) return requirement(value, context);
  return all(
    value.entries.map(({ key, value: one }): Result<Requirement, Fault[]> => {
      const wanted = values(one, context);
      return wanted.ok ? ok({ key, operator: "In", values: wanted.value }) : wanted;
    }),
  );
}

function selectorText(value: Value): Result<Selector, Fault[]> {
  const read = text(value);
  if (!read.ok) return read;
  const wanted: Requirement[] = [];
  for (const part of read.value.split(",").map((one) => one.trim())) {
    const [, not, key = "", operator, given = ""] = /^(!?)([^=!\s]+)\s*(?:(!?=)\s*(\S+))?$/.exec(part) ?? [];
    if (key === "" || (not === "!" && operator !== undefined))
      return refuse(value, `contains "${part}", wanted key=value, key!=value, key or !key`);
    if (operator === undefined) wanted.push({ key, operator: not === "!" ? "DoesNotExist" : "Exists" });
    else wanted.push({ key, operator: operator === "=" ? "In" : "NotIn", values: [given] });
  }
  return ok(wanted);
}

const requirement = after(requirementKeys, ({ key, operator, values: named }, value) => {
  if (operator === "Exists" || operator === "DoesNotExist")
    return named === undefined
      ? ok<Selector>([{ key, operator }])
      : refuse(partOf(value, "values"), `has no effect with ${operator}`);
  return named === undefined
    ? refuse(value, `has no values, which ${operator} needs`)
    : ok<Selector>([{ key, operator, values: named }]);
});
