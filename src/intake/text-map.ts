import { err, ok, type Result } from "../lib/result.ts";
import { type Fault, fault, refuse } from "./fault.ts";
import { all, anyText } from "./readers.ts";
import { describe, type Entry, isUnspecified, type Value } from "./value.ts";

/** A schema passes these over, to keep prototypes clean, so they would be lost without a word. */
const IMPOSSIBLE_KEYS = ["__proto__", "prototype", "constructor"];

/** A mapping from names to texts: variables, labels, annotations. `null` leaves a name out. */
export function textMap(value: Value): Result<Record<string, string>, Fault[]> {
  if (value.type !== "mapping")
    return refuse(value, `is ${describe(value)}, wanted a mapping such as {KEY: value}`);
  const pairs = all(value.entries.filter((entry) => !isUnspecified(entry.value)).map(pairOf));
  return pairs.ok ? ok(Object.fromEntries(pairs.value)) : pairs;
}

function pairOf({ key, span, value }: Entry): Result<[string, string], Fault[]> {
  if (key === "" || /[=\0]/.test(key)) {
    return err([fault(span, `"${key}" cannot be a name here, wanted one without = and not empty`)]);
  }
  if (IMPOSSIBLE_KEYS.includes(key))
    return err([fault(span, `"${key}" cannot be a name here, wanted another one`)]);
  const read = anyText(value);
  return read.ok ? ok([key, read.value]) : read;
}
