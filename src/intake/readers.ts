import { formatBytes, parseBytes } from "../lib/bytes.ts";
import { parseDuration, typedDuration } from "../lib/duration.ts";
import { isEndless, meantDuration, meantSize, sizeWithUnit } from "../lib/meant-amount.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import { type Fault, misfit, refuse, refuseFor, refuseReading } from "./fault.ts";
import { oneOfWords, oneOrMany, type Schema, TEXT, textLike } from "./schema.ts";
import { describe, type Value } from "./value.ts";

/** The context that some values depend on. */
export interface ReadContext {
  /** Absolute; relative folders are resolved against it. */
  readonly defaultCwd: string;
  /** The user's home, for `~`. */
  readonly home: string;
  /** Milliseconds since the epoch, for times of the day and spans from now. */
  readonly nowMs: number;
}

type Read<T> = (value: Value, context: ReadContext) => Result<T, Fault[]>;

/** Reads one value or returns its faults; its schema accepts the same values, for editors. */
export interface Reader<T> extends Read<T> {
  readonly schema: Schema;
  /** Formats a value for `show`; absent where there is no short form. */
  print?(value: T): string;
}

/** Makes the schema of a reader on demand, as few commands need it. */
type SchemaMaker = () => Schema;

/** Makes a reader. What a schema cannot express (an unclosed quote, the 31st of February), the function alone refuses. */
export function reader<F extends Read<unknown>>(
  schema: Schema | SchemaMaker,
  read: F,
  print?: (value: Extract<ReturnType<F>, { ok: true }>["value"]) => string,
): F & { readonly schema: Schema; print?(value: Extract<ReturnType<F>, { ok: true }>["value"]): string } {
  const made = Object.assign(read, print !== undefined && { print });
  const get = (): Schema => (typeof schema === "function" ? schema() : schema);
  return Object.defineProperty(made, "schema", { get }) as typeof made & { readonly schema: Schema };
}

/** Reads as another reader does, then converts or refuses the result. */
export function after<A, B>(
  of: Read<A>,
  next: (read: A, value: Value, context: ReadContext) => Result<B, Fault[]>,
): Read<B> {
  return (value, context) => {
    const read = of(value, context);
    return read.ok ? next(read.value, value, context) : read;
  };
}

/** The same reader with more in its schema. */
export function described<T>(of: Reader<T>, more: SchemaMaker): Reader<T> {
  return reader(() => ({ ...of.schema, ...more() }), after(of, ok));
}

/** Any single value as it was typed; not empty. */
export const text = reader(
  TEXT,
  (value: Value): Result<string, Fault[]> => {
    if (value.type !== "scalar") return refuseReading(value, `is ${describe(value)}, wanted text`);
    if (value.text === "" || value.data === null) return refuseReading(value, "is empty, wanted text");
    return value.text.includes("\0")
      ? refuse(value, "contains a NUL character, wanted text")
      : ok(value.text);
  },
  String,
);

/** Any single value as it was typed, `""` included; a key without a value is refused. */
export const anyText = reader(
  { type: ["string", "number", "boolean"] },
  (value: Value): Result<string, Fault[]> => {
    if (value.type === "scalar" && value.data === null)
      return refuse(value, "is empty, wanted text", 'write "" for an empty text');
    return value.type === "scalar" && value.data === "" ? ok("") : text(value);
  },
);

const DURATION = "a duration such as 90s, 15m or 1h30m";
/** Matches no zero. */
const SOME = "(?=.*[1-9])";

/** A duration with its unit, in milliseconds. */
export function duration(min: 0 | 1 = 1): Reader<number> {
  const more = min === 0 ? "" : SOME;
  const schema = textLike(`^${more}\\s*(\\d+(\\.\\d+)?(ms|s|m|h|d))+\\s*$`, { examples: ["90s", "1h30m"] });
  const read = (value: Value): Result<number, Fault[]> => {
    if (value.type !== "scalar" || value.data === null) return misfit(value, DURATION);
    if (/^\d+(\.\d+)?$/.test(value.text)) {
      const bare = `is ${value.text} without a unit, wanted ${DURATION}`;
      if (Number(value.text) > 0)
        return refuseFor(value, bare, {
          text: `${value.text}s`,
          hint: `write ${value.text}s, or ${value.text}m for minutes`,
        });
      return min > 0 ? refuse(value, bare, NO_LIMIT) : refuseFor(value, bare, "0s");
    }
    const ms = parseDuration(value.text);
    if (ms !== null) return ms < min ? refuse(value, "is 0, wanted more than 0") : ok(ms);
    const message = `is ${describe(value)}, wanted ${DURATION}`;
    const meant = meantDuration(value.text);
    if (meant !== null && parseDuration(meant.text) !== null) return refuseFor(value, message, meant);
    return refuse(value, message, min > 0 && isEndless(value.text) ? NO_LIMIT : undefined);
  };
  return reader(schema, read, typedDuration);
}

const NO_LIMIT = "leave it out for no limit";

/** A size with its unit, in bytes; at least `min`. */
export function size(min = 1): Reader<number> {
  const unit = "([kKmMgGtT]([iI]?[bB])?|[bB])";
  const schema = textLike(`^${min > 0 ? SOME : ""}\\s*\\d+(\\.\\d+)?\\s*${unit}\\s*$`, {
    examples: ["512MiB", "8GB"],
  });
  const read = (value: Value): Result<number, Fault[]> => {
    const wanted = "a size such as 512MiB or 8GB";
    if (value.type !== "scalar" || value.data === null) return misfit(value, wanted);
    if (/^\d+(\.\d+)?$/.test(value.text)) {
      const bare = `is ${value.text} without a unit, wanted ${wanted}`;
      return refuseFor(value, bare, sizeWithUnit(value.text));
    }
    if (/^\d+(\.\d+)?\s*%$/.test(value.text))
      return refuse(value, `is a share, which is not supported yet, wanted ${wanted}`);
    const bytes = parseBytes(value.text);
    const message = `is ${describe(value)}, wanted ${wanted}`;
    const meant = bytes === null ? meantSize(value.text) : null;
    if (meant !== null && parseBytes(meant.text) !== null) return refuseFor(value, message, meant);
    if (bytes === null) return refuse(value, message);
    return bytes < min ? refuse(value, `is ${value.text}, wanted at least ${min} bytes`) : ok(bytes);
  };
  return reader(schema, read, formatBytes);
}

/** A whole number in bounds. */
export function count(min: number, max = Number.MAX_SAFE_INTEGER): Reader<number> {
  const schema = { type: "integer", minimum: min, maximum: max };
  const read = (value: Value): Result<number, Fault[]> => {
    const wanted = `a whole number${max === Number.MAX_SAFE_INTEGER ? `, at least ${min}` : ` from ${min} to ${max}`}`;
    if (value.type === "scalar" && typeof value.data === "string" && /^\d+$/.test(value.data)) {
      const message = `is the text ${describe(value)}, wanted ${wanted}`;
      return refuseFor(value, message, { text: value.data, hint: `write ${value.data} without quotes` });
    }
    const isCount = value.type === "scalar" && Number.isSafeInteger(value.data);
    if (!isCount || Number(value.data) < min || Number(value.data) > max) {
      const meant = value.type === "scalar" ? countMeant(value.data) : null;
      const message = `is ${describe(value)}, wanted ${wanted}`;
      return meant === null || meant < min || meant > max
        ? misfit(value, wanted)
        : refuseFor(value, message, String(meant));
    }
    return ok(Number(value.data));
  };
  return reader(schema, read, String);
}

/** `true` is one, `false` none; a part of a CPU is a CPU. */
function countMeant(data: unknown): number | null {
  if (typeof data === "boolean") return Number(data);
  if (typeof data === "string" && /^\d{1,6}m$/.test(data))
    return Math.ceil(Number.parseInt(data, 10) / 1_000);
  return typeof data === "number" && data > 0 && !Number.isInteger(data) ? Math.ceil(data) : null;
}

/** A number, whole or not, of at least `min`; `wanted` describes it. */
export function atLeast(min: number, wanted: string): Reader<number> {
  const read = (value: Value): Result<number, Fault[]> => {
    const given = value.type === "scalar" && typeof value.data === "number" ? value.data : Number.NaN;
    return Number.isFinite(given) && given >= min ? ok(given) : misfit(value, `${wanted} of at least ${min}`);
  };
  return reader({ type: "number", minimum: min }, read, String);
}

/** `true` or `false`; `yes` and the like of YAML 1.1 are text. */
export const yesOrNo = reader({ type: "boolean" }, readYesOrNo, String);

function readYesOrNo(value: Value): Result<boolean, Fault[]> {
  if (value.type === "scalar" && typeof value.data === "boolean") return ok(value.data);
  const typed = value.type === "scalar" ? value.text.toLowerCase() : "";
  const message = `is ${describe(value)}, wanted true or false`;
  if (["yes", "y", "on", "true", "1"].includes(typed)) return refuseFor(value, message, "true");
  if (["no", "n", "off", "false", "0"].includes(typed)) return refuseFor(value, message, "false");
  return refuse(value, message);
}

/** One of a list of words, in any case, with or without `-` and `_`. */
export function oneOf<const T extends string>(
  choices: readonly T[],
  wanted = alternatives(choices),
): Reader<T> {
  const read = (value: Value): Result<T, Fault[]> => {
    const typed = value.type === "scalar" && value.data !== null ? value.text : null;
    const found = choices.find((choice) => typed !== null && fold(choice) === fold(typed));
    if (found !== undefined) return ok(found);
    const nearest = typed === null ? null : closest(typed, choices);
    const message = `is ${describe(value)}, wanted ${wanted}`;
    return nearest === null
      ? refuse(value, message)
      : refuseFor(value, message, { text: nearest, hint: `did you mean ${nearest}?` });
  };
  return reader(() => oneOfWords(choices), read, String);
}

function fold(word: string): string {
  return word.replaceAll(/[-_]/g, "").toLowerCase();
}

/** Lists words for a sentence: `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** A list, or a single one of its items. */
export function listOf<T>(item: Reader<T>): Reader<T[]> {
  const read = (value: Value, context: ReadContext): Result<T[], Fault[]> => {
    if (value.type === "mapping") return refuse(value, "is a mapping, wanted a list");
    const items = value.type === "list" ? value.items : [value];
    return all(items.map((one) => item(one, context)));
  };
  const schema = (): Schema => oneOrMany(item.schema);
  return reader(schema, read, item.print && ((items) => items.map((one) => item.print?.(one)).join(" ")));
}

/** All values, or all faults. */
export function all<T>(results: readonly Result<T, Fault[]>[]): Result<T[], Fault[]> {
  const faults = results.flatMap((result) => (result.ok ? [] : result.error));
  return faults.length > 0 ? err(faults) : ok(results.flatMap((result) => (result.ok ? [result.value] : [])));
}
