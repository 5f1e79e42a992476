import * as v from "valibot";
import { timestamp } from "../lib/clock.ts";
import { own } from "../lib/own.ts";
import { isObject } from "./check.ts";
import { FAILURE_CLASSES, type FailureClass } from "./failure.ts";
import { looseJsonIn } from "./loose-json.ts";
import { type Measure, measureOf } from "./measure.ts";
import type { JobProgress } from "./progress.ts";

/** What a job may tell, by a line of the file that STINT_EVENTS names. */
export const JOB_EVENTS = [
  "PROGRESS",
  "INFO",
  "ERROR",
  "METRIC",
  "OUTPUT",
  "READY",
  "FAIL",
  "CHECKPOINT",
] as const;
type JobEventType = (typeof JOB_EVENTS)[number];

/** A longer line is no event. */
export const MAX_LINE_BYTES = 64 * 1_024;
const MAX_NAME_LENGTH = 128;
const MAX_PATH_LENGTH = 4_096;
/** Of a type that is no word of ours. */
const TYPE = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
/** Keys of an object of JSON that readers of records drop. */
const NO_NAMES: readonly string[] = ["__proto__", "constructor", "prototype"];

/** What a job says of its own failure, which counts only if it then fails. */
export interface FailHint {
  readonly class?: FailureClass;
  readonly code?: string;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly msg: string;
}

/** What a job saved for its next attempt. */
export const savedCheckpoint = v.strictObject({ path: v.string(), step: v.optional(v.number()) });
export type SavedCheckpoint = v.InferOutput<typeof savedCheckpoint>;

interface Details {
  readonly PROGRESS: JobProgress;
  readonly INFO: null;
  readonly ERROR: null;
  readonly METRIC: { readonly name: string; readonly value: Measure; readonly step?: number };
  readonly OUTPUT: Readonly<Record<string, unknown>>;
  readonly READY: { readonly url?: string };
  readonly FAIL: FailHint;
  readonly CHECKPOINT: SavedCheckpoint;
}

/** A line as it was written: all keys but type, time, msg and payload, with those of the payload. */
interface Written {
  /** When, where the line says so. */
  readonly at?: string;
  readonly msg: string | number | null;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The type in the line where it is none of a job's, such as COMPLETED: it is kept as INFO, as the exit status alone decides. */
  readonly claimed?: string;
}
export type JobEvent = {
  [Type in JobEventType]: Written & { readonly type: Type; readonly detail: Details[Type] };
}[JobEventType];

/** Reads a line of a job; null where it is no event, or lacks what its type needs. */
export function eventIn(line: string): JobEvent | null {
  const data = looseJsonIn(line);
  if (!isObject(data)) return null;
  const { type, at, t, msg = null, payload, ...rest } = data;
  if (typeof type !== "string" || !TYPE.test(type)) return null;
  if (msg !== null && typeof msg !== "string" && typeof msg !== "number") return null;
  const time = timeIn(at ?? t);
  const written: Written = {
    ...(time !== null && { at: time }),
    msg,
    fields: named(isObject(payload) ? { ...payload, ...rest } : rest),
  };
  const name = type.toUpperCase();
  const detailIn = own<(line: Written) => unknown>(DETAILS, name);
  if (detailIn === undefined) return { ...written, type: "INFO", detail: null, claimed: name };
  const detail = detailIn(written);
  return detail === undefined ? null : ({ ...written, type: name, detail } as JobEvent);
}

function named(fields: Record<string, unknown>): Record<string, unknown> {
  for (const name of NO_NAMES) if (Object.hasOwn(fields, name)) delete fields[name];
  return fields;
}

/** A time as stint writes it. */
const INSTANT = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** A time in RFC 3339, or in seconds since the epoch. */
function timeIn(value: unknown): string | null {
  if (value === undefined) return null;
  // Most are: what follows takes ten times as long.
  if (typeof value === "string" && value.length === 24 && INSTANT.test(value)) return value;
  const ms = typeof value === "number" ? value * 1_000 : typeof value === "string" ? Date.parse(value) : null;
  // Out of the range of Date, a time cannot be written; with five digits of a year, records do not take it.
  const isTime = ms !== null && ms >= 0 && ms < Date.UTC(9_999, 0);
  return isTime ? timestamp(ms) : null;
}

/** What the types need; undefined where a line lacks it. */
const DETAILS: { readonly [Type in JobEventType]: (line: Written) => Details[Type] | undefined } = {
  INFO: () => null,
  ERROR: () => null,
  PROGRESS: progressIn,
  METRIC: ({ fields }) => {
    const name = textIn(fields["name"], MAX_NAME_LENGTH);
    const value = measureOf(fields["value"]);
    if (name === undefined || NO_NAMES.includes(name) || value === null) return undefined;
    return { name, value, ...present({ step: numberIn(fields["step"]) }) };
  },
  OUTPUT: ({ fields }) => {
    const names = Object.keys(fields);
    const isWhole =
      names.length > 0 && names.every((name) => name.length <= MAX_NAME_LENGTH && !NO_NAMES.includes(name));
    return isWhole ? fields : undefined;
  },
  READY: ({ msg, fields }) => present({ url: textIn(fields["url"] ?? msg, MAX_PATH_LENGTH) }),
  FAIL: ({ msg, fields }) => {
    const { class: of, code, retryable, retryAfterMs } = fields;
    return {
      msg: msg === null ? "" : String(msg),
      ...present({
        class: FAILURE_CLASSES.find((one) => one === of),
        code: textIn(code, MAX_NAME_LENGTH),
        retryable: typeof retryable === "boolean" ? retryable : undefined,
        retryAfterMs: numberIn(retryAfterMs, 0),
      }),
    };
  },
  CHECKPOINT: ({ msg, fields }) => {
    const path = textIn(fields["path"] ?? msg, MAX_PATH_LENGTH);
    return path === undefined ? undefined : { path, ...present({ step: numberIn(fields["step"]) }) };
  },
};

/** `msg` is a percentage, or a text beside `step` and `total`. */
function progressIn({ at, msg, fields }: Written): JobProgress | undefined {
  const step = numberIn(fields["step"]);
  const total = numberIn(fields["total"]);
  const said = numberIn(msg) ?? numberIn(fields["percent"]);
  const counted = step !== undefined && total !== undefined && total > 0 ? (100 * step) / total : undefined;
  const percent = said ?? counted;
  if (percent === undefined ? step === undefined : !(percent >= 0 && percent <= 100)) return undefined;
  const etaS = numberIn(fields["eta"], 0);
  const text = typeof msg === "string" && numberIn(msg) === undefined ? msg : fields["text"];
  return present({
    percent,
    step,
    total,
    etaMs: etaS === undefined ? undefined : etaS * 1_000,
    text: textIn(text, MAX_NAME_LENGTH),
    at,
  });
}

function numberIn(value: unknown, least = Number.NEGATIVE_INFINITY): number | undefined {
  const number = measureOf(value);
  return typeof number === "number" && number >= least ? number : undefined;
}

function textIn(value: unknown, most: number): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= most ? value : undefined;
}

type Present<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** The same object without what is undefined. */
function present<T extends object>(fields: T): Present<T> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) kept[key] = value;
  return kept as Present<T>;
}
