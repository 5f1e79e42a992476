import { own } from "../lib/own.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import { camelCase } from "./camel-case.ts";
import { type Fault, fault, refuse } from "./fault.ts";
import { all, count, type Reader } from "./readers.ts";
import { describe, isUnspecified, type Value } from "./value.ts";

/** One key of config.yaml: what it is called in the settings, and how it is read. */
interface SectionKey {
  readonly name: string;
  readonly read: Reader<unknown>;
}

/** What a section holds once it is read; each key may be missing. */
type SectionOf<Keys extends Readonly<Record<string, SectionKey>>> = {
  readonly [Key in keyof Keys as Keys[Key]["name"]]?: Keys[Key]["read"] extends Reader<infer T> ? T : never;
};

/** A mapping with fixed keys, in camel or snake case. */
export function section<const Keys extends Readonly<Record<string, SectionKey>>>(
  keys: Keys,
): Reader<SectionOf<Keys>> {
  const names = Object.keys(keys);
  return (value, surroundings) => {
    if (value.type !== "mapping") {
      const message = `is ${describe(value)}, wanted a mapping with ${names.join(", ")}`;
      return value.path === "" ? err([fault(value.span, `the document ${message}`)]) : refuse(value, message);
    }
    const faults: Fault[] = [];
    const result: Record<string, unknown> = {};
    for (const { key, span, value: given } of value.entries) {
      const found = own(keys, camelCase(key));
      if (found === undefined) {
        const near = closest(key, names);
        const hint = near === null ? undefined : `did you mean ${near}?`;
        faults.push(fault(span, `"${given.path}" is unknown, wanted ${names.join(", ")}`, hint));
        continue;
      }
      if (isUnspecified(given)) continue;
      const read = found.read(given, surroundings);
      if (read.ok) result[found.name] = read.value;
      else faults.push(...read.error);
    }
    return faults.length > 0 ? err(faults) : ok(result as SectionOf<Keys>);
  };
}

/** A mapping from names to whole numbers of at least one. */
export function countsBy(isName: (key: string) => boolean, wanted: string): Reader<Record<string, number>> {
  return (value, surroundings) => {
    if (value.type !== "mapping")
      return refuse(value, `is ${describe(value)}, wanted a mapping of ${wanted}`);
    const pairs = all(
      value.entries
        .filter((entry) => !isUnspecified(entry.value))
        .map(({ key, span, value: given }): Result<[string, number], Fault[]> => {
          if (!isName(key))
            return err([fault(span, `"${given.path}" cannot be a name here, wanted ${wanted}`)]);
          const read = count(1)(given, surroundings);
          return read.ok ? ok([key, read.value]) : read;
        }),
    );
    return pairs.ok ? ok(Object.fromEntries(pairs.value)) : pairs;
  };
}

/** Refuses a mapping that lacks a key. */
export function lacks(value: Value, key: string, example: string): Result<never, Fault[]> {
  return refuse(value, `has no ${key}, wanted one such as ${example}`);
}
