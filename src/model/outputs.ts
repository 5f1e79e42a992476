import { isObject } from "./check.ts";
import { holdsFor, numberIn } from "./fail-rule.ts";
import type { DataType, Json, JsonObject, OutputSpec } from "./job-data.ts";
import type { Measure } from "./measure.ts";

/** What a job wrote as its outputs. */
export type OutputsRead =
  | { readonly type: "none" }
  | { readonly type: "read"; readonly values: JsonObject }
  /** A file that is no object of outputs; the reason is a clause about it, with what is wanted. */
  | { readonly type: "bad"; readonly reason: string };

/** Why a job that exited with success has failed, by its outputs. */
export interface OutputsFault {
  /** As in `Failure.rule`. */
  readonly rule: string;
  readonly error: string;
}

export const MAX_OUTPUTS_BYTES = 1_024 * 1_024;
/** Outputs on record; of larger ones only short scalars are, and the file has the whole. */
const MAX_KEPT_BYTES = 64 * 1_024;
const MAX_KEPT_SCALAR = 1_024;
/** JSON that is nested deeper is no result, and would exhaust the stack of readers. */
const MAX_DEPTH = 64;

interface Judging {
  readonly read: OutputsRead;
  /** All outputs, those that the job told by events included. */
  readonly values: JsonObject;
  readonly metrics: Readonly<Record<string, Measure>>;
  readonly specs: Readonly<Record<string, OutputSpec>>;
  readonly fail: Readonly<Record<string, readonly string[]>>;
  /** Whether the path of an output exists, as a clause where it does not. */
  readonly missing: (path: string, type: "file" | "dir") => string | null;
}

/** More faults are not written out. */
const MAX_TOLD = 3;

/** What is wrong with the outputs of a job; null where nothing is. */
export function judgeOutputs(judging: Judging): OutputsFault | null {
  const { read, values, metrics, specs, fail } = judging;
  if (read.type === "bad") return { rule: "outputs:unreadable", error: `its outputs.json ${read.reason}` };
  const wrong = Object.entries(specs).flatMap(([name, spec]) => {
    const found = outputFault(name, spec, judging);
    return found === null ? [] : [found];
  });
  const [first] = wrong;
  if (first !== undefined) {
    const more = wrong.length > MAX_TOLD ? `; ${wrong.length - MAX_TOLD} more` : "";
    return {
      rule: first.rule,
      error: `${wrong
        .slice(0, MAX_TOLD)
        .map(({ error }) => error)
        .join("; ")}${more}`,
    };
  }
  for (const [name, rules] of Object.entries(fail)) {
    const isOutput = Object.hasOwn(values, name);
    const value = isOutput ? values[name] : Object.hasOwn(metrics, name) ? metrics[name] : undefined;
    const rule = rules.find((one) => holdsFor(one, value));
    if (rule === undefined) continue;
    const what = isOutput ? "output" : "metric";
    return {
      rule: `fail:${name}`,
      error: `${what} "${name}" is ${shown(value ?? null)}, and fail: has ${name}: ${rule}`,
    };
  }
  return null;
}

function outputFault(
  name: string,
  { type, required, min, max, choices }: OutputSpec,
  { read, values, missing }: Judging,
): OutputsFault | null {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined) {
    if (required !== true) return null;
    const why = read.type === "none" ? "the job wrote no outputs.json" : "the job did not write it";
    return { rule: "outputs:missing", error: `output "${name}" is required, and ${why}` };
  }
  const said = (wanted: string): OutputsFault => ({
    rule: "outputs:type",
    error: `output "${name}" is ${shown(value)}, wanted ${wanted}`,
  });
  if (!TYPES[type].fits(value)) return said(TYPES[type].wanted);
  if ((type === "file" || type === "dir") && typeof value === "string") {
    const why = missing(value, type);
    return why === null
      ? null
      : { rule: "outputs:missing", error: `output "${name}" is ${shown(value)}, ${why}` };
  }
  const number = numberIn(value);
  if (number !== null && (number < (min ?? number) || number > (max ?? number)))
    return said(
      min !== undefined && max !== undefined
        ? `${min} to ${max}`
        : min === undefined
          ? `at most ${max}`
          : `at least ${min}`,
    );
  if (choices !== undefined && !choices.some((choice) => JSON.stringify(choice) === JSON.stringify(value)))
    return said(`one of ${choices.map((choice) => shown(choice)).join(", ")}`);
  return null;
}

const isText = (value: Json): boolean => typeof value === "string" && value !== "";

const TYPES: Readonly<
  Record<DataType, { readonly fits: (value: Json) => boolean; readonly wanted: string }>
> = {
  int: { fits: Number.isInteger, wanted: "a whole number" },
  float: { fits: (value) => numberIn(value) !== null, wanted: "a number" },
  bool: { fits: (value) => typeof value === "boolean", wanted: "true or false" },
  string: { fits: (value) => typeof value === "string", wanted: "a text" },
  file: { fits: isText, wanted: "the path of a file" },
  dir: { fits: isText, wanted: "the path of a folder" },
  list: { fits: Array.isArray, wanted: "a list" },
  any: { fits: () => true, wanted: "a value" },
};

const SHOWN = 60;

/** A value in a message. */
function shown(value: Json): string {
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "a mapping";
  const text = JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text;
}

/** What is wrong with data as outputs, as a clause with what is wanted; null for a JSON object. */
export function unfitOutputs(data: unknown): string | null {
  if (data === undefined) return "is not JSON, wanted one JSON object";
  if (!isObject(data)) return `is ${shown(data as Json)}, wanted one JSON object`;
  return isDeep(data) ? `is nested deeper than ${MAX_DEPTH} levels, wanted one flatter JSON object` : null;
}

function isDeep(data: unknown): boolean {
  let level: unknown[] = [data];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((one): unknown[] =>
      typeof one === "object" && one !== null ? Object.values(one) : [],
    );
  }
  return false;
}

/** What of outputs a record keeps, and how many names are left to the file. */
export function keptOutputs(values: JsonObject): { readonly kept: JsonObject; readonly left: number } {
  if (JSON.stringify(values).length <= MAX_KEPT_BYTES) return { kept: values, left: 0 };
  const kept: Record<string, Json> = {};
  let room = MAX_KEPT_BYTES;
  for (const [name, value] of Object.entries(values)) {
    const length =
      typeof value === "object" && value !== null ? Number.POSITIVE_INFINITY : JSON.stringify(value).length;
    if (length > MAX_KEPT_SCALAR || name.length + length > room) continue;
    room -= name.length + length;
    kept[name] = value;
  }
  return { kept, left: Object.keys(values).length - Object.keys(kept).length };
}
