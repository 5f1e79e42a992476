import { parseDuration } from "../lib/duration.ts";
import { called, type Fault, fault, insteadOf, isFlag, SET } from "./fault.ts";
import { fieldNamed, isGroup, keysOfGroup, type Meaning, meaningOf } from "./key-names.ts";
import type { Field } from "./keys/field.ts";
import { unknownKey } from "./mapping.ts";
import { meantKey } from "./meant-key.ts";
import { alternatives } from "./readers.ts";
import { PAST_OF_RECORD, PAST_OF_RUN } from "./unsupported.ts";
import { camelCase, describe, type Entry, isUnspecified, NOWHERE, type Value } from "./value.ts";

/** One key of a task with its value from a file, a flag or `stint set`. */
export interface FieldAssignment {
  /** In FIELDS. */
  readonly key: string;
  readonly field: Field;
  /** The user's own name under an open field. */
  readonly child?: string;
  /** As it was written, with its value. */
  readonly entry: Entry;
}

/** Keys of one task, those in groups included; all of `env` or `labels` is one key. */
const MAX_KEYS = 1_000;

/** The keys about the past in a record of fetch_ml or gyoza; null in any other document. */
function pastIn(entries: readonly Entry[]): ReadonlySet<string> | null {
  const keys = entries.map(({ key }) => camelCase(key));
  if (keys.includes("currentAttempt")) return PAST_OF_RUN;
  return keys.includes("jobName") ? PAST_OF_RECORD : null;
}

/** The fields in a mapping, with the faults of its keys; groups (`retry: {…}`) are flattened, `null` is ignored. */
export function fieldAssignments(entries: readonly Entry[]): { given: FieldAssignment[]; faults: Fault[] } {
  const past = pastIn(entries);
  const given: FieldAssignment[] = [];
  const faults: Fault[] = [];
  const keys = entries.flatMap(opened);
  const [first] = keys;
  if (first !== undefined && keys.length > MAX_KEYS)
    faults.push(fault(first.span, `the task has ${keys.length} keys, wanted at most ${MAX_KEYS}`));
  for (const entry of keys.slice(0, MAX_KEYS)) {
    const typed = keysOf(entry);
    if (past?.has(camelCase(typed)) === true) continue;
    const meaning = meaningOf(typed);
    if (meaning.type !== "field") faults.push(...keyFaults(meaning, entry));
    else {
      const value = withUnit(entry.value, meaning);
      if (value === null || (isUnspecified(value) && !isHome(meaning.key, value))) continue;
      given.push({
        key: meaning.key,
        field: meaning.field,
        ...(meaning.child !== undefined && { child: meaning.child }),
        entry: { ...entry, value },
      });
    }
  }
  return { given, faults };
}

/** The path of a value as written, joined by dots; for a flag, the key that it sets, or those below the key that `--set` names. */
function keysOf({ key, value: { path } }: Entry): string {
  if (path.startsWith(SET)) return path.slice(SET.length);
  return isFlag(path) ? key : path;
}

/** In YAML a lone `~` is null; in a path it can only mean home. */
function isHome(key: string, value: Value): boolean {
  return key === "cwd" && value.type === "scalar" && value.text === "~";
}

/** Replaces a group by its entries. */
function opened(entry: Entry): Entry[] {
  if (entry.value.type !== "mapping" || !isGroup(keysOf(entry))) return [entry];
  return entry.value.entries.flatMap(opened);
}

function keyFaults(meaning: Exclude<Meaning, { type: "field" }>, entry: Entry): Fault[] {
  const { span, value } = entry;
  const typed = called(value);
  switch (meaning.type) {
    case "group": {
      if (isUnspecified(value)) return [];
      const keys = keysOfGroup(meaning.key);
      const message = `${typed} is ${describe(value)}, wanted a mapping with ${alternatives(keys)}`;
      const isCount = meaning.key === "retry" && value.type === "scalar" && typeof value.data === "number";
      const time = meaning.key.endsWith("backoff") ? "first" : meaning.key === "stop" ? "grace" : null;
      if (time !== null && value.type === "scalar" && parseDuration(value.text) !== null) {
        const meant = `{${time}: ${value.text}}`;
        return [insteadOf(value.span, fault(value.span, message, `write ${meant}`), meant)];
      }
      if (!isCount) return [fault(value.span, message)];
      const said = fault(value.span, message, `write retries: ${value.text}`);
      return [insteadOf(span, said, "retries")];
    }
    case "sweep":
      return [
        fault(
          span,
          `${typed} is not allowed here`,
          "a sweep is declared where tasks are submitted, at the top level of a document",
        ),
      ];
    case "definition":
      return [fault(span, `${typed} is for a task file, wanted no value here`, "name it with --def NAME")];
    case "schedule": {
      const message = `${typed} is a key of a schedule, which is a file around its task`;
      return [
        fault(
          span,
          message,
          "a schedule is a file of its own with the task under task:; see stint init nightly",
        ),
      ];
    }
    case "unsupported":
      return isUnspecified(value) ? [] : [fault(span, `${typed} is not supported yet`, meaning.hint)];
    case "unknown":
      return [unknownField(entry, meaning.suggestion)];
  }
}

/** The fault of an unknown key, with the line that is meant where that is known. */
function unknownField(entry: Entry, suggestion: string | null): Fault {
  const typed = keysOf(entry);
  const { span, value } = entry;
  const meant = typed.includes(".") ? null : meantKey(typed, value);
  const key = meant?.key ?? suggestion;
  const said = unknownKey(entry, siblingsOf(typed), key);
  if (meant?.value !== undefined) {
    const line = `${meant.key}: ${meant.value}`;
    const whole = { start: span.start, end: Math.max(span.end, value.span.end) };
    return insteadOf(span === NOWHERE ? span : whole, { ...said, hint: `write ${line}` }, line);
  }
  // A key of another group, or one of containers, may need more than itself.
  const isElsewhere =
    key === null || /,|^container\./.test(key) || (typed.includes(".") && key.includes("."));
  return isElsewhere || !isAccepted(key, value) ? said : insteadOf(span, said, key);
}

const ANYWHERE = { defaultCwd: "/", home: "/", nowMs: 0 };

/** True where a key takes a value as it stands. */
function isAccepted(key: string, value: Value): boolean {
  const named = fieldNamed(key);
  if (named === null) return value.type === "mapping";
  return named.unit !== undefined || named.field.read(value, ANYWHERE).ok;
}

/** The keys that are allowed beside one; at the top level there are too many to list. */
function siblingsOf(typed: string): string[] {
  const group = typed.split(".").slice(0, -1).join(".");
  return isGroup(group) ? keysOfGroup(group) : [];
}

/** Applies the unit in the name of the key to a bare number; null where 0 or "" means unset. */
function withUnit(value: Value, { unit, isZeroAbsent }: Extract<Meaning, { type: "field" }>): Value | null {
  if (value.type !== "scalar") return value;
  if (isZeroAbsent && (value.data === 0 || value.data === "")) return null;
  if (unit === undefined || typeof value.data !== "number") return value;
  const text = `${value.data}${unit}`;
  return { ...value, data: text, text };
}
