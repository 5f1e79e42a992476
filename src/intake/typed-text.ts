import { fromPlain, NOWHERE, relocated, type ScalarValue, type Value } from "./value.ts";

/** A quoted scalar of YAML: the quotes are not part of the text. */
const QUOTED = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')$/s;

/** Values that need no YAML reader: YAML reads an amount with a unit as text, and a whole number as a number. */
const AMOUNT = /^\d+(?:ms|[smhd]|[KMGT]i?B?)$/;
const COUNT = /^(?:0|[1-9]\d{0,14})$/;

/** Reads text as YAML: a scalar, or a list or mapping in brackets. Text that is no valid YAML, or that YAML would change, is kept as it is. */
async function typedValue(typed: string, path: string): Promise<Value> {
  if (typed.trim() === "" || AMOUNT.test(typed)) return textValue(typed, path);
  if (COUNT.test(typed)) return { ...textValue(typed, path), data: Number(typed) };
  // It takes longer to load than the rest of a short command.
  const { readYaml } = await import("./yaml-text.ts");
  const documents = readYaml(typed);
  const [value, ...others] =
    documents.ok && documents.value.faults.length === 0 ? documents.value.values : [];
  if (value === undefined || others.length > 0 || isChanged(value, typed)) return textValue(typed, path);
  // Without spans: offsets into the value of a flag mean nothing to a user.
  return relocated(value, ({ path: own }) => ({
    path: own === "" || own.startsWith("[") ? `${path}${own}` : `${path}.${own}`,
    span: NOWHERE,
  }));
}

/** True for words in which YAML joined lines or took ` #` for a comment: on a command line, they are part of the text. */
function isChanged(value: Value, typed: string): boolean {
  if (value.type !== "scalar" || typeof value.data !== "string" || QUOTED.test(typed.trim())) return false;
  return value.data !== typed.trim();
}

function textValue(text: string, path: string): ScalarValue {
  return { type: "scalar", data: text, text, path, span: NOWHERE };
}

/** The value of a flag: text is read as for `stint set`, or kept as typed without quotes around the whole; anything else is data already. */
export async function flagValue(data: unknown, path: string, isVerbatim: boolean): Promise<Value> {
  if (typeof data !== "string") return fromPlain(data, path);
  return isVerbatim && !QUOTED.test(data) ? textValue(data, path) : typedValue(data, path);
}
