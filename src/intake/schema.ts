/** A JSON Schema (draft 2020-12), or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

export const DRAFT = "https://json-schema.org/draft/2020-12/schema";

/** Any single value that is not empty: `0123` and `true` are texts where text is wanted. */
export const TEXT: Schema = { type: ["string", "number", "boolean"], minLength: 1 };

/** Names that a user cannot choose: valibot drops these keys silently, to protect prototypes, so they are refused. */
export const IMPOSSIBLE_KEYS = ["__proto__", "prototype", "constructor"];

/** A text that matches a pattern; numbers and booleans do not. */
export function textLike(pattern: string, more: Schema = {}): Schema {
  return { type: "string", pattern, ...more };
}

/** The same or `null`, which a mapping ignores. */
export function orNull(schema: Schema): Schema {
  const { type } = schema;
  if (typeof type === "string" && schema["enum"] === undefined) return { ...schema, type: [type, "null"] };
  if (Array.isArray(type)) return { ...schema, type: [...(type as readonly string[]), "null"] };
  const { description, ...rest } = schema;
  const choices = (rest["anyOf"] as readonly Schema[] | undefined) ?? [rest];
  return {
    ...(description !== undefined && { description }),
    ...(rest["anyOf"] !== undefined && rest),
    anyOf: [...choices, { type: "null" }],
  };
}

/** One of a list of words in any case, with or without `-` and `_`. Editors offer the words alone, without the old ones. */
export function oneOfWords(words: readonly string[], old: readonly string[] = []): Schema {
  const forms = [...words, ...old].map(
    (word) => `${GAP}${word.replaceAll(/[-_]/g, "").split("").map(letter).join(GAP)}${GAP}`,
  );
  return { anyOf: [{ enum: [...words] }, textLike(`^(?:${forms.join("|")})$`)] };
}

/** The words of such a schema, or of a boolean one; undefined for any other. */
export function wordsOf({ anyOf, type }: Schema): readonly string[] | undefined {
  if (type === "boolean") return ["true", "false"];
  const [first] = (anyOf as readonly Schema[] | undefined) ?? [];
  return first?.["enum"] as readonly string[] | undefined;
}

const GAP = "[-_]*";

function letter(of: string): string {
  const [small, large] = [of.toLowerCase(), of.toUpperCase()];
  return small === large ? small : `[${small}${large}]`;
}

/** One of these, or a list of them. */
export function oneOrMany(item: Schema): Schema {
  return { anyOf: [item, { type: "array", items: item }] };
}

/** Matches a document that sets a key (dotted in a group) to anything but `null`. */
export function says(key: string): Schema {
  const [first = "", ...rest] = key.split(".");
  const value = rest.length === 0 ? { not: { type: "null" } } : says(rest.join("."));
  return { type: "object", required: [first], properties: { [first]: value } };
}
