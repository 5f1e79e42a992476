import { ok, type Result } from "../lib/result.ts";
import { MAX_NAME_LENGTH } from "../model/identity.ts";
import type { Requirement, Selector } from "../model/selector.ts";
import { type Fault, refuse } from "./fault.ts";
import { all, listOf, oneOf, type ReadContext, type Reader, text } from "./readers.ts";
import { members } from "./task-readers.ts";
import { describe, type Value } from "./value.ts";

/** What names a lane, a key: letters, digits and `._-`. */
export function identifier(maxLength: number): Reader<string> {
  return (value) => {
    const read = text(value);
    if (!read.ok) return read;
    if (!/^[A-Za-z0-9._-]+$/.test(read.value))
      return refuse(value, `is ${describe(value)}, wanted letters, digits, dots, dashes and underscores`);
    return read.value.length > maxLength
      ? refuse(value, `has ${read.value.length} characters, wanted at most ${maxLength}`)
      : read;
  };
}

/** Tasks by number, id or name: a list, or a text with commas between them. */
export function references(value: Value, surroundings: ReadContext): Result<string[], Fault[]> {
  const read = listOf(text)(value, surroundings);
  if (!read.ok) return read;
  const names = read.value.flatMap((one) => one.split(",")).map((one) => one.trim());
  const odd = names.find((name) => !/^(\d+|[A-Za-z][A-Za-z0-9._-]*|\d{6,}-[A-Za-z0-9._-]+)$/.test(name));
  if (odd !== undefined)
    return refuse(value, `names "${odd}", wanted the number, the id or the name of a task`);
  const long = names.find((name) => name.length > 2 * MAX_NAME_LENGTH);
  return long === undefined ? ok([...new Set(names)]) : refuse(value, "names a task of impossible length");
}

/** GPUs by index, id or the beginning of one. */
export function deviceNames(value: Value, surroundings: ReadContext): Result<string[], Fault[]> {
  const read = listOf(text)(value, surroundings);
  return read.ok ? ok(read.value.flatMap((one) => one.split(",")).map((one) => one.trim())) : read;
}

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

/** `{pool: night}`, `pool=night, !draft`, or a list of either or of requirements as the record has them. */
export function selector(value: Value, surroundings: ReadContext): Result<Selector, Fault[]> {
  if (value.type === "list") {
    const read = all(value.items.map((item) => selector(item, surroundings)));
    return read.ok ? ok(read.value.flat()) : read;
  }
  if (value.type === "scalar") return selectorText(value);
  if (value.entries.some(({ key }) => key === "operator")) return requirement(value, surroundings);
  const read = all(
    value.entries.map(({ key, value: one }): Result<Requirement, Fault[]> => {
      const values = listOf(text)(one, surroundings);
      return values.ok ? ok({ key, operator: "In", values: values.value }) : values;
    }),
  );
  return read;
}

function selectorText(value: Value): Result<Selector, Fault[]> {
  const read = text(value);
  if (!read.ok) return read;
  const wanted: Requirement[] = [];
  for (const part of read.value.split(",").map((one) => one.trim())) {
    const [, not, key = "", operator, given = ""] = /^(!?)([^=!\s]+)\s*(?:(!?=)\s*(\S+))?$/.exec(part) ?? [];
    if (key === "" || (not === "!" && operator !== undefined))
      return refuse(value, `holds "${part}", wanted key=value, key!=value, key or !key`);
    if (operator === undefined) wanted.push({ key, operator: not === "!" ? "DoesNotExist" : "Exists" });
    else wanted.push({ key, operator: operator === "=" ? "In" : "NotIn", values: [given] });
  }
  return ok(wanted);
}

function requirement(value: Value, surroundings: ReadContext): Result<Selector, Fault[]> {
  if (value.type !== "mapping") return refuse(value, `is ${describe(value)}, wanted a mapping`);
  const read = members(value, ["key", "operator", "values"]);
  if (!read.ok) return read;
  const { key, operator, values } = read.value;
  if (key === undefined || operator === undefined) return refuse(value, "wants a key and an operator");
  const name = text(key);
  if (!name.ok) return name;
  const how = oneOf(OPERATORS)(operator, surroundings);
  if (!how.ok) return how;
  if (how.value === "Exists" || how.value === "DoesNotExist") {
    if (values !== undefined) return refuse(values, `has no use with ${how.value}`);
    return ok([{ key: name.value, operator: how.value }]);
  }
  if (values === undefined) return refuse(value, `has no values, which ${how.value} wants`);
  const list = listOf(text)(values, surroundings);
  return list.ok ? ok([{ key: name.value, operator: how.value, values: list.value }]) : list;
}
