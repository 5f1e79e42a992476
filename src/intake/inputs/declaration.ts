import { own } from "../../lib/own.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type DataType, GOALS, type InputSpec, type OutputSpec, VALUE_TYPES } from "../../model/job-data.ts";
import type { Fault } from "../fault.ts";
import { misfit } from "../fault.ts";
import { mapping, partOf } from "../mapping.ts";
import { oneOf, type Reader, reader, text, yesOrNo } from "../readers.ts";
import { oneOfWords } from "../schema.ts";
import type { Value } from "../value.ts";
import { boundsFaults, type Expected, type PathBase, readAs, readChoices } from "./typed-value.ts";

const ANYWHERE = { defaultCwd: "/", home: "/", nowMs: 0 };

const anyNumber = reader(
  { type: "number" },
  (value: Value): Result<number, Fault[]> =>
    value.type === "scalar" && typeof value.data === "number" && Number.isFinite(value.data)
      ? ok(value.data)
      : misfit(value, "a number"),
);
/** Is read once the type is known. */
const later = reader({}, (value: Value): Result<Value, Fault[]> => ok(value));
const choices = reader({ type: "array", minItems: 1 }, (value: Value) => later(value));

/** The words of JSON Schema and of Python for the same. */
const SYNONYMS: Readonly<Record<string, DataType>> = {
  integer: "int",
  number: "float",
  double: "float",
  boolean: "bool",
  str: "string",
  text: "string",
  path: "file",
  directory: "dir",
  folder: "dir",
  array: "list",
  object: "any",
  dict: "any",
};

const ownType = oneOf(VALUE_TYPES);
const typeWord = reader(
  () => oneOfWords(VALUE_TYPES, Object.keys(SYNONYMS)),
  (value: Value): Result<DataType, Fault[]> => {
    const other =
      value.type === "scalar" ? own(SYNONYMS, value.text.toLowerCase().replaceAll(/[-_]/g, "")) : undefined;
    return other === undefined ? ownType(value, ANYWHERE) : ok(other);
  },
);

const shared = {
  type: typeWord,
  required: yesOrNo,
  min: anyNumber,
  max: anyNumber,
  choices,
  description: text,
} as const;

const inputKeys = mapping({ ...shared, default: later }, { example: "{type: float, default: 0.1}" });
const outputKeys = mapping({ ...shared, goal: oneOf(GOALS) }, { example: "{type: float, goal: max}" });

/** Of these, one at least is in the declaration of an input; any other mapping is a value. */
const MARKS = ["type", "default", "required", "choices"];

/** True for the declaration of an input, false for its value. */
export function isDeclaration(value: Value): boolean {
  return value.type === "mapping" && value.entries.some(({ key }) => MARKS.includes(key));
}

/** The schema of an input: a value, or its declaration. */
export const inputSchema = (): Record<string, unknown> => {
  const marked = { anyOf: MARKS.map((key) => ({ required: [key] })) };
  return {
    anyOf: [
      { type: ["string", "number", "boolean", "array"] },
      { type: "object", not: marked },
      { ...inputKeys.schema, ...marked },
    ],
  };
};

/** Reads the declaration of an input, and its default. */
export function readInputSpec(value: Value, around: PathBase): Result<InputSpec, Fault[]> {
  const read = inputKeys(value, ANYWHERE);
  if (!read.ok) return err(read.error);
  const { default: given, ...others } = read.value;
  const spec = specOf(others, value, around);
  if (!spec.ok || given === undefined) return spec;
  const standard = readAs(spec.value, given, around);
  return standard.ok ? ok({ ...spec.value, default: standard.value }) : standard;
}

/** The declaration of an output: a mapping, or its type alone. */
export const outputDeclaration: Reader<OutputSpec> = reader(
  () => ({ anyOf: [shared.type.schema, outputKeys.schema] }),
  (value: Value): Result<OutputSpec, Fault[]> => {
    if (value.type !== "mapping") {
      const type = shared.type(value);
      return type.ok ? ok({ type: type.value }) : type;
    }
    const read = outputKeys(value, ANYWHERE);
    if (!read.ok) return err(read.error);
    const { goal, ...others } = read.value;
    const spec = specOf(others, value, { folder: null, home: "/" });
    return spec.ok ? ok({ ...spec.value, ...(goal !== undefined && { goal }) }) : spec;
  },
);

interface Read extends Omit<Partial<Expected>, "choices"> {
  readonly required?: boolean;
  readonly choices?: Value;
  readonly description?: string;
}

function specOf(
  { type = "any", required, choices: given, ...others }: Read,
  value: Value,
  around: PathBase,
): Result<InputSpec, Fault[]> {
  const wanted: Expected = { type, ...others };
  const allowed = given === undefined ? ok(undefined) : readChoices(wanted, given, around);
  const faults = [...boundsFaults(wanted, (key) => partOf(value, key)), ...(allowed.ok ? [] : allowed.error)];
  if (faults.length > 0 || !allowed.ok) return err(faults);
  return ok({
    type,
    ...(required === true && { required }),
    ...others,
    ...(allowed.value !== undefined && { choices: allowed.value }),
  });
}
