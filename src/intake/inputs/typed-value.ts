import { resolve } from "node:path";
import { err, ok, type Result } from "../../lib/result.ts";
import { closest } from "../../lib/suggest.ts";
import type { DataType, InputSpec, Json } from "../../model/job-data.ts";
import { called, type Fault, fault, misfit, refuse, refuseFor } from "../fault.ts";
import { alternatives } from "../readers.ts";
import { describe, toPlain, type Value } from "../value.ts";

/** Where relative paths begin; null leaves them as they are: they are paths in a container. */
export interface PathBase {
  readonly folder: string | null;
  /** The user's home, for `~`. */
  readonly home: string;
}

/** What a value must be. */
export type Expected = Pick<InputSpec, "type" | "min" | "max" | "choices">;

type Read = Result<Json, Fault[]>;

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;

/** Reads a value as its declaration wants it. A number may be text, as in a flag or a sweep. */
export function readAs(wanted: Expected, value: Value, around: PathBase): Read {
  const read = READERS[wanted.type](value, around, wanted);
  return read.ok ? within(wanted, value, read.value) : read;
}

const READERS: Readonly<Record<DataType, (value: Value, around: PathBase, wanted: Expected) => Read>> = {
  int: (value, _, wanted) => {
    const number = numberIn(value);
    return Number.isSafeInteger(number)
      ? ok(Number(number))
      : misfit(value, boundsOf(wanted, "a whole number"));
  },
  float: (value, _, wanted) => {
    const number = numberIn(value);
    return number === null ? misfit(value, boundsOf(wanted, "a number")) : ok(number);
  },
  bool: (value) => {
    const text = value.type === "scalar" ? value.text.toLowerCase() : "";
    return text === "true" || text === "false" ? ok(text === "true") : misfit(value, "true or false");
  },
  string: (value) => {
    if (value.type === "scalar" && value.data !== null) return ok(value.text);
    return misfit(value, "text", value.type === "scalar" ? 'write "" for an empty text' : undefined);
  },
  file: (value, around) => pathIn(value, around, "the path of a file"),
  dir: (value, around) => pathIn(value, around, "the path of a folder"),
  list: (value) => (value.type === "list" ? anyJson(value) : misfit(value, "a list such as [1, 2]")),
  any: anyJson,
};

function anyJson(value: Value): Read {
  if (value.type === "scalar" && value.data === null) return misfit(value, "a value");
  const odd = notJson(value);
  return odd === null ? ok(toPlain(value) as Json) : misfit(odd, "a number that JSON has");
}

/** A number that JSON has no word for. */
function notJson(value: Value): Value | null {
  if (value.type === "scalar")
    return typeof value.data === "number" && !Number.isFinite(value.data) ? value : null;
  const below = value.type === "list" ? value.items : value.entries.map((entry) => entry.value);
  for (const one of below) {
    const odd = notJson(one);
    if (odd !== null) return odd;
  }
  return null;
}

function numberIn(value: Value): number | null {
  if (value.type !== "scalar") return null;
  const number =
    typeof value.data === "number" ? value.data : NUMBER.test(value.text) ? Number(value.text) : Number.NaN;
  return typeof value.data !== "boolean" && Number.isFinite(number) ? number : null;
}

function pathIn(value: Value, { folder, home }: PathBase, wanted: string): Read {
  if (value.type !== "scalar" || value.data === null || value.text === "") return misfit(value, wanted);
  const { text } = value;
  if (text.includes("\0")) return refuse(value, `contains a NUL character, wanted ${wanted}`);
  if (folder === null) return ok(text);
  if (text === "~" || text.startsWith("~/")) return ok(resolve(home, text.slice(2)));
  return ok(resolve(folder, text));
}

function within(wanted: Expected, value: Value, json: Json): Read {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, choices } = wanted;
  if (typeof json === "number" && (json < min || json > max))
    return misfit(value, boundsOf(wanted, "a number"));
  if (choices === undefined || choices.some((choice) => Bun.deepEquals(choice, json))) return ok(json);
  const words = choices.map((choice) => (typeof choice === "string" ? choice : JSON.stringify(choice)));
  const near = typeof json === "string" ? closest(json, words) : null;
  const message = `is ${describe(value)}, wanted ${alternatives(words)}`;
  return near === null
    ? refuse(value, message)
    : refuseFor(value, message, { text: near, hint: `did you mean ${near}?` });
}

function boundsOf({ min, max }: Expected, what: string): string {
  if (min !== undefined && max !== undefined) return `${what} from ${min} to ${max}`;
  if (min !== undefined) return `${what} of at least ${min}`;
  return max === undefined ? what : `${what} of at most ${max}`;
}

/** The faults of bounds that the type does not have, or that no value can meet. */
export function boundsFaults(wanted: Expected, partOf: (key: "min" | "max") => Value): Fault[] {
  const { type, min, max } = wanted;
  if (type !== "int" && type !== "float")
    return (["min", "max"] as const).flatMap((key) => {
      if (wanted[key] === undefined) return [];
      const at = partOf(key);
      return [
        fault(
          at.span,
          `${called(at)} has no effect on a value of type ${type}`,
          "it goes with int and float",
        ),
      ];
    });
  if (min === undefined || max === undefined || min <= max) return [];
  const at = partOf("max");
  return [fault(at.span, `${called(at)} is ${max}, wanted at least min, which is ${min}`)];
}

/** Reads the choices of a declaration, each as a value of its type. */
export function readChoices(wanted: Expected, value: Value, around: PathBase): Result<Json[], Fault[]> {
  const items = value.type === "list" ? value.items : [];
  if (items.length === 0) return misfit(value, "a list such as [sgd, adam]");
  const { choices: _all, ...own } = wanted;
  const read = items.map((item) => readAs(own, item, around));
  const faults = read.flatMap((one) => (one.ok ? [] : one.error));
  return faults.length > 0 ? err(faults) : ok(read.flatMap((one) => (one.ok ? [one.value] : [])));
}
