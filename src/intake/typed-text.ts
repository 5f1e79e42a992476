import { fromPlain, NOWHERE, type ScalarValue, type Value } from "./value.ts";

/** What looks like a quoted scalar: its quotes are YAML's, not part of the text. */
const QUOTED = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')$/s;

/** What YAML reads as these, too: an amount with its unit is text, a whole number is one. */
const AMOUNT = /^\d+(?:ms|[smhd]|[KMGT]i?B?)$/;
const COUNT = /^(?:0|[1-9]\d{0,14})$/;

/** Reads what was typed as YAML: a scalar, or a list or mapping in brackets. What YAML refuses is text as it stands. */
async function typedValue(typed: string, path: string): Promise<Value> {
  if (typed.trim() === "" || AMOUNT.test(typed)) return textValue(typed, path);
  if (COUNT.test(typed)) return { ...textValue(typed, path), data: Number(typed) };
  // It takes longer to load than all the rest of a short command line.
  const { readYaml } = await import("./yaml-text.ts");
  const documents = readYaml(typed);
  const [value, ...others] =
    documents.ok && documents.value.faults.length === 0 ? documents.value.values : [];
  if (value === undefined || others.length > 0) return textValue(typed, path);
  return moved(value, path);
}

/** Takes what was typed as it stands, save that a whole in quotes is unquoted. */
async function verbatimValue(typed: string, path: string): Promise<Value> {
  return QUOTED.test(typed) ? typedValue(typed, path) : textValue(typed, path);
}

function textValue(text: string, path: string): ScalarValue {
  return { type: "scalar", data: text, text, path, span: NOWHERE };
}

/** The same value under another path; offsets into a flag's value are no place that a reader could find. */
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

/** The value of a flag: text is read as it would be for `stint set`, anything else is data already. */
export async function flagValue(data: unknown, path: string, isVerbatim: boolean): Promise<Value> {
  if (typeof data !== "string") return fromPlain(data, path);
  return isVerbatim ? verbatimValue(data, path) : typedValue(data, path);
}
