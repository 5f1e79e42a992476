/** Where something stands in its text: offsets in UTF-16 units, the end excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What does not come from a text. */
export const NOWHERE: Span = { start: 0, end: 0 };

interface Placed {
  /** The keys that lead to it, joined by dots, as they were written. */
  readonly path: string;
  readonly span: Span;
}

/** A single value; `text` is what was typed, so that `0123` and `1.0` survive where text is wanted. */
export interface ScalarValue extends Placed {
  readonly type: "scalar";
  readonly data: string | number | boolean | null;
  readonly text: string;
}

interface ListValue extends Placed {
  readonly type: "list";
  readonly items: readonly Value[];
}

export interface MappingValue extends Placed {
  readonly type: "mapping";
  readonly entries: readonly Entry[];
}

/** One key of a mapping with its value. */
export interface Entry {
  readonly key: string;
  /** Of the key. */
  readonly span: Span;
  readonly value: Value;
}

/** What a field was given, whether by a file, a flag or `stint set`. */
export type Value = ScalarValue | ListValue | MappingValue;

/** Turns plain data (a flag's value) into a value without a place. */
export function fromPlain(data: unknown, path: string): Value {
  const placed = { path, span: NOWHERE };
  if (Array.isArray(data)) {
    return {
      ...placed,
      type: "list",
      items: data.map((item, index) => fromPlain(item, `${path}[${index}]`)),
    };
  }
  if (typeof data === "object" && data !== null) {
    const entries = Object.entries(data).map(([key, value]) => ({
      key,
      span: NOWHERE,
      value: fromPlain(value, `${path}.${key}`),
    }));
    return { ...placed, type: "mapping", entries };
  }
  const isKnown = typeof data === "string" || typeof data === "number" || typeof data === "boolean";
  return { ...placed, type: "scalar", data: isKnown ? data : null, text: isKnown ? String(data) : "null" };
}

/** The plain data of a value. Keys go to objects without a prototype, so that `__proto__` is a key like any other. */
export function toPlain(value: Value): unknown {
  switch (value.type) {
    case "scalar":
      return value.data;
    case "list":
      return value.items.map(toPlain);
    case "mapping": {
      const plain = Object.create(null) as Record<string, unknown>;
      for (const entry of value.entries) plain[entry.key] = toPlain(entry.value);
      return plain;
    }
  }
}

/** The value as if it stood at the top of a text: its path and those below it lose what leads to it. */
export function atTop(value: Value): Value {
  const { length } = value.path;
  const cut = (below: Value): Value => {
    const path = below.path.slice(length).replace(/^\./, "");
    switch (below.type) {
      case "scalar":
        return { ...below, path };
      case "list":
        return { ...below, path, items: below.items.map(cut) };
      case "mapping": {
        const entries = below.entries.map((entry) => ({ ...entry, value: cut(entry.value) }));
        return { ...below, path, entries };
      }
    }
  };
  return cut(value);
}

/** True where nothing is wished: `null` or `~` written out, unlike a key that was left without a value. */
export function isUnspecified(value: Value): boolean {
  return value.type === "scalar" && value.data === null && value.text !== "";
}

/** How much of a value a message shows. */
const SHOWN_CHARACTERS = 40;

/** Names a value in a message: the value itself where it is short, else its kind. */
export function describe(value: Value): string {
  if (value.type !== "scalar") return value.type === "list" ? "a list" : "a mapping";
  if (value.data === null) return "empty";
  const text =
    value.text.length > SHOWN_CHARACTERS ? `${value.text.slice(0, SHOWN_CHARACTERS)}…` : value.text;
  return typeof value.data === "string" ? JSON.stringify(text) : text;
}
