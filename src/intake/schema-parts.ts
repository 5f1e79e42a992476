import type { Schema } from "./schema.ts";

/** A part that occurs several times is shared if its JSON has this length. */
const MIN_SHARED = 300;

/** Moves parts that occur several times into `$defs`. */
export function withShared(root: Schema): Schema {
  const seen = new Map<string, number>();
  const count = (schema: Schema): Schema => {
    const text = JSON.stringify(schema);
    const before = seen.get(text) ?? 0;
    seen.set(text, before + 1);
    return before === 0 ? withParts(schema, count) : schema;
  };
  count(root);
  const names = new Map<string, string>();
  const shared: Record<string, Schema> = {};
  const share = (schema: Schema, key: string): Schema => {
    const text = JSON.stringify(schema);
    if (text.length < MIN_SHARED || (seen.get(text) ?? 0) < 2) return withParts(schema, share);
    let name = names.get(text);
    if (name === undefined) {
      name = Object.hasOwn(shared, key) ? `${key}${names.size}` : key;
      names.set(text, name);
      shared[name] = {};
      shared[name] = withParts(schema, share);
    }
    return { $ref: `#/$defs/${name}` };
  };
  const { $defs, ...whole } = withParts(root, share);
  return { ...whole, $defs: { ...($defs as object | undefined), ...shared } };
}

/** Replaces the parts of a schema; `key` is the name of a part in it. */
function withParts(schema: Schema, replace: (part: Schema, key: string) => Schema): Schema {
  const replaced = Object.entries(schema).map(([keyword, rule]): [string, unknown] => {
    if (keyword === "examples" || keyword === "enum" || typeof rule !== "object" || rule === null)
      return [keyword, rule];
    if (Array.isArray(rule))
      return [keyword, rule.map((part: unknown) => (isSchema(part) ? replace(part, keyword) : part))];
    if (keyword !== "properties" && keyword !== "$defs") return [keyword, replace(rule as Schema, keyword)];
    const parts = Object.entries(rule as Record<string, Schema>);
    return [keyword, Object.fromEntries(parts.map(([key, part]) => [key, replace(part, key)]))];
  });
  return Object.fromEntries(replaced);
}

function isSchema(part: unknown): part is Schema {
  return typeof part === "object" && part !== null;
}
