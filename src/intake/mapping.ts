import { own } from "../lib/own.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import { called, type Fault, fault, insteadOf, misfit, refuse, refuseFor } from "./fault.ts";
import type { Described } from "./keys/field.ts";
import { all, alternatives, count, type ReadContext, type Reader, reader } from "./readers.ts";
import { orNull, type Schema } from "./schema.ts";
import { inYamlQuotes } from "./slips/line.ts";
import { camelCase, describe, type Entry, isUnspecified, type Value } from "./value.ts";

/** One key of a mapping: its reader, and the name of the result where it differs. */
type MappingKey =
  | Reader<unknown>
  | (Partial<Described> & { readonly as?: string; readonly read: Reader<unknown> });
type Keys = Readonly<Record<string, MappingKey>>;
type ReaderOf<Key> = Key extends { readonly read: infer R } ? R : Key;
type NameOf<Key, Name> = Key extends { readonly as: infer As extends string } ? As : Name;
type ValueOf<Key> = ReaderOf<Key> extends Reader<infer T> ? T : never;

/** The values of a mapping; only required keys are certain to be present. */
type MappingOf<K extends Keys, Must extends keyof K> = {
  readonly [Key in keyof K as Key extends Must ? never : NameOf<K[Key], Key>]?: ValueOf<K[Key]>;
} & { readonly [Key in Must as NameOf<K[Key], Key>]: ValueOf<K[Key]> };

interface Manner<K, Must> {
  readonly must?: readonly Must[];
  /** An example for messages. */
  readonly example?: string;
  /** Former names of keys with their present names; they stay valid. */
  readonly old?: Readonly<Record<string, keyof K & string>>;
  /** Keys of other tools, which are refused, with the one to write. */
  readonly instead?: Readonly<Record<string, keyof K & string>>;
}

/** A mapping with fixed keys, in camel or snake case; a value `null` counts as absent. */
export function mapping<const K extends Keys, const Must extends keyof K & string = never>(
  keys: K,
  { must = [], example, old = {}, instead = {} }: Manner<K, Must> = {},
): Reader<MappingOf<K, Must>> {
  const names = Object.keys(keys);
  const wanted = example ?? `a mapping with ${alternatives(names)}`;
  const read = (value: Value, context: ReadContext): Result<MappingOf<K, Must>, Fault[]> => {
    if (value.type !== "mapping") {
      const message = `is ${describe(value)}, wanted ${wanted}`;
      return value.path === ""
        ? err([{ ...fault(value.span, `the document ${message}`), mayBeSlip: true }])
        : refuse(value, message);
    }
    const faults: Fault[] = [];
    const result: Record<string, unknown> = {};
    const said = new Set<string>();
    for (const entry of value.entries) {
      const typed = camelCase(entry.key);
      const key = own(old, typed) ?? typed;
      const found = own(keys, key);
      if (found === undefined) faults.push(unknownKey(entry, names, own(instead, typed)));
      else if (!isUnspecified(entry.value)) {
        if (said.has(key)) faults.push(fault(entry.span, `${called(entry.value)} is given twice`));
        said.add(key);
        const one = readerOf(found)(entry.value, context);
        if (one.ok) result[("as" in found && found.as) || key] = one.value;
        else faults.push(...one.error);
      }
    }
    const lacking = must.find((key) => !said.has(key));
    if (lacking !== undefined && faults.length === 0)
      return refuse(value, `has no ${lacking}, wanted ${wanted}`);
    return faults.length > 0 ? err(faults) : ok(result as MappingOf<K, Must>);
  };
  return reader(schemaOf(keys, { must, old }), read);
}

function readerOf(key: MappingKey): Reader<unknown> {
  return "read" in key ? key.read : key;
}

function schemaOf(
  keys: Keys,
  { must, old }: { readonly must: readonly string[]; readonly old: Readonly<Record<string, string>> },
): Schema {
  const properties = Object.entries(keys).map(([name, key]): [string, Schema] => {
    const { schema } = readerOf(key);
    if (must.includes(name)) return [name, schema];
    const about = "about" in key && key.about !== undefined ? { description: key.about } : {};
    return [name, orNull({ ...schema, ...about })];
  });
  const described = Object.fromEntries(properties);
  for (const [word, now] of Object.entries(old))
    described[word] = { ...described[now], description: `the old word for ${now}` };
  return {
    type: "object",
    additionalProperties: false,
    properties: described,
    ...(must.length > 0 && { required: [...must] }),
  };
}

/** Where a mapping has more keys than this, they are not listed. */
const MAX_LISTED = 16;

export function unknownKey(
  { key, span, value }: Entry,
  known: readonly string[],
  near = closest(camelCase(key.replaceAll("-", "_")), known),
): Fault {
  const wanted = known.length === 0 || known.length > MAX_LISTED ? "" : `, wanted ${alternatives(known)}`;
  const message = `${called(value)} is unknown${wanted}`;
  const said = fault(span, message, near === null ? undefined : `did you mean ${near}?`);
  // A blank that is none belongs to the key.
  if (/[^\x20-\x7E]/.test(key)) return { ...said, mayBeSlip: true };
  return near !== null && known.includes(near) ? insteadOf(span, said, near) : said;
}

/** The value of a key (in camel case) in a mapping; the mapping itself where it is absent. */
export function partOf(value: Value, key: string): Value {
  const entries = value.type === "mapping" ? value.entries : [];
  return entries.find((entry) => camelCase(entry.key) === key)?.value ?? value;
}

/** More pairs than these are not written out. */
const MAX_PAIRS = 20;

/** The mapping that is meant by `A=b`, or by a list of such texts; null where it is none. */
function pairsIn(value: Value): string | null {
  const items = value.type === "list" ? value.items : [value];
  const pairs = items.map((item) =>
    item.type === "scalar" ? /^([A-Za-z_][\w.-]*)=([^\r\n]*)$/.exec(item.text) : null,
  );
  if (pairs.length === 0 || pairs.length > MAX_PAIRS || pairs.includes(null)) return null;
  const written = pairs.map((pair) => {
    const [, name = "", text = ""] = pair ?? [];
    return `${name}: ${/^[\w./-]+$/.test(text) ? text : inYamlQuotes(text)}`;
  });
  return `{${written.join(", ")}}`;
}

/** A mapping from names to values of one reader; `nameOf` returns the normalized name, or a fault. */
export function mappingOf<Name extends string, T>(
  nameOf: (entry: Entry, context: ReadContext) => Result<Name, Fault[]>,
  item: Reader<T>,
  { example, names }: { readonly example: string; readonly names?: () => Schema },
): Reader<Record<Name, T>> {
  const read = (value: Value, context: ReadContext): Result<Record<Name, T>, Fault[]> => {
    if (value.type !== "mapping") {
      const meant = pairsIn(value);
      const wanted = `a mapping such as ${example}`;
      return meant === null
        ? misfit(value, wanted)
        : refuseFor(value, `is ${describe(value)}, wanted ${wanted}`, meant);
    }
    const pairs = all(
      value.entries.map((entry): Result<[Name, T][], Fault[]> => {
        const name = nameOf(entry, context);
        if (!name.ok) return name;
        if (isUnspecified(entry.value)) return ok([]);
        const one = item(entry.value, context);
        return one.ok ? ok([[name.value, one.value]]) : one;
      }),
    );
    return pairs.ok ? ok(Object.fromEntries(pairs.value.flat()) as Record<Name, T>) : pairs;
  };
  const schema = (): Schema => ({
    type: "object",
    additionalProperties: orNull(item.schema),
    ...(names !== undefined && { propertyNames: names() }),
  });
  return reader(schema, read);
}

/** A mapping from names to whole numbers of at least one. */
export function countsBy(
  isName: (key: string) => boolean,
  { wanted, example }: { readonly wanted: string; readonly example: string },
): Reader<Record<string, number>> {
  const nameOf = ({ key, span, value }: Entry): Result<string, Fault[]> =>
    isName(key)
      ? ok(key)
      : err([fault(span, `${called(value)} is not a valid name here, wanted ${wanted} such as ${example}`)]);
  return mappingOf(nameOf, count(1), { example });
}
