import { fromPlain, NOWHERE, type ScalarValue, type Value } from "./value.ts";

/** A quoted scalar of YAML: the quotes are not part of the text. */
const QUOTED = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')$/s;

/** Values that need no YAML reader: YAML reads an amount with a unit as text, and a whole number as a number. */
const AMOUNT = /^\d+(?:ms|[smhd]|[KMGT]i?B?)$/;
const COUNT = /^(?:0|[1-9]\d{0,14})$/;

/** Reads text as YAML: a scalar, or a list or mapping in brackets. Text that is not valid YAML is kept as it is. */
async function typedValue(typed: string, path: string): Promise<Value> {
  if (typed.trim() === "" || AMOUNT.test(typed)) return textValue(typed, path);
  if (COUNT.test(typed)) return { ...textValue(typed, path), data: Number(typed) };
  // It takes longer to load than the rest of a short command.
  const { readYaml } = await import("./yaml-text.ts");
  const documents = readYaml(typed);
  const [value, ...others] =
    documents.ok && documents.value.faults.length === 0 ? documents.value.values : [];
  if (value === undefined || others.length > 0) return textValue(typed, path);
  return moved(value, path);
}

/** Keeps text as typed, without quotes around the whole. */
async function verbatimValue(typed: string, path: string): Promise<Value> {
  return QUOTED.test(typed) ? typedValue(typed, path) : textValue(typed, path);
}

function textValue(text: string, path: string): ScalarValue {
  return { type: "scalar", data: text, text, path, span: NOWHERE };
}

/** The same value under another path, without spans: offsets into the value of a flag mean nothing to a user. */
function moved(value: Value, path: string): Value {
  if (value.type === "scalar") return { ...value, path, span: NOWHERE };
  return value.type === "list" ? listAt(value.items, path) : mappingAt(value.entries, path);
}

function listAt(items: readonly Value[], path: string): Value {
  return {
    type: "list",
    path,
    span: NOWHERE,
    items: items.map((item, index) => moved(item, `${path}[${index}]`)),
  };
}

function mappingAt(entries: Extract<Value, { type: "mapping" }>["entries"], path: string): Value {
  const below = entries.map(({ key, value }) => ({
    key,
    span: NOWHERE,
    value: moved(value, `${path}.${key}`),
  }));
  return { type: "mapping", path, span: NOWHERE, entries: below };
}

/** The value of a flag: text is read as for `stint set`, anything else is data already. */
export async function flagValue(data: unknown, path: string, isVerbatim: boolean): Promise<Value> {
  if (typeof data !== "string") return fromPlain(data, path);
  return isVerbatim ? verbatimValue(data, path) : typedValue(data, path);
}
