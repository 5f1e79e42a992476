/** A range of a text: offsets in UTF-16 units, the end excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The span of values that come from no text. */
export const NOWHERE: Span = { start: 0, end: 0 };

interface Placed {
  /** Its path of keys as written, joined by dots. */
  readonly path: string;
  readonly span: Span;
}

/** A single value; `text` is as typed, so that `0123` and `1.0` are kept where text is wanted. */
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
  /** The span of the key. */
  readonly span: Span;
  readonly value: Value;
}

/** The value of a field, from a file, a flag or `stint set`. */
export type Value = ScalarValue | ListValue | MappingValue;

/** Converts plain data (the value of a flag) to a value without a span. */
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

/** The plain data of a value. Objects have no prototype, so that `__proto__` is a key like any other. */
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

/** The same value at another place. */
export function relocated(value: Value, place: (of: Placed) => Placed): Value {
  const at = place({ path: value.path, span: value.span });
  switch (value.type) {
    case "scalar":
      return { ...value, ...at };
    case "list":
      return { ...value, ...at, items: value.items.map((item) => relocated(item, place)) };
    case "mapping": {
      const entries = value.entries.map(({ key, span, value: below }) => ({
        key,
        span: place({ path: below.path, span }).span,
        value: relocated(below, place),
      }));
      return { ...value, ...at, entries };
    }
  }
}

/** The value as the root of a text: its own path is removed from its path and those below it. */
export function atTop(value: Value): Value {
  const { length } = value.path;
  return relocated(value, ({ path, span }) => ({ path: path.slice(length).replace(/^\./, ""), span }));
}

/** True for an explicit `null` or `~`, which counts as unset; false for a key without a value. */
export function isUnspecified(value: Value): boolean {
  return value.type === "scalar" && value.data === null && value.text !== "";
}

/** How many characters of a value a message shows. */
const SHOWN_CHARACTERS = 40;

/** Names a value in a message: the value itself where it is short, else its kind. */
export function describe(value: Value): string {
  if (value.type !== "scalar") return value.type === "list" ? "a list" : "a mapping";
  if (value.data === null) return "empty";
  const text =
    value.text.length > SHOWN_CHARACTERS ? `${value.text.slice(0, SHOWN_CHARACTERS)}…` : value.text;
  return typeof value.data === "string" ? JSON.stringify(text) : text;
}

/** `max_retries` → `maxRetries`. Names in capitals (codes) stay as they are. */
export function camelCase(key: string): string {
  return /^[a-z]/.test(key)
    ? key.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    : key;
}
