import { closest } from "../../lib/suggest.ts";
import { type Fault, fault } from "../fault.ts";
import type { Entry, Span, Value } from "../value.ts";
import { type Placeholder, placeholdersIn, unclosedIn } from "./placeholder.ts";
import type { Sweep } from "./sweep.ts";

const SWEEP_NAMES = ["index", "size", "name"];

interface Around {
  readonly sweep: Sweep | null;
  /** The names of the inputs. */
  readonly inputs: readonly string[];
  /** The text that the entries come from; empty for flags. */
  readonly text: string;
}

/** At most this many are reported: the others usually have the same cause. */
const MAX_REPORTED = 20;

/** Faults of placeholders without a value, before any member is made; the first of them where there are many. */
export function placeholderFaults(entries: readonly Entry[], around: Around): Fault[] {
  const faults: Fault[] = [];
  for (const entry of entries) {
    for (const one of entryFaults(entry, around)) faults.push(one);
    if (faults.length >= MAX_REPORTED) break;
  }
  return faults;
}

/** Faults of placeholders where none are filled: in the values of a sweep, and those of inputs in inputs. */
export function nestedFaults(
  entries: readonly Entry[],
  { text, of }: { readonly text: string; readonly of: "sweep" | "inputs" },
): Fault[] {
  const found: { readonly placeholder: Placeholder; readonly value: Value }[] = [];
  const look = (value: Value): void => {
    if (value.type === "list") value.items.forEach(look);
    else if (value.type === "mapping") for (const entry of value.entries) look(entry.value);
    else
      for (const placeholder of placeholdersIn(value.text, true))
        if (of === "sweep" || placeholder.kind === of) found.push({ placeholder, value });
  };
  for (const { value } of entries) look(value);
  return found
    .slice(0, MAX_REPORTED)
    .map(({ placeholder, value }) =>
      fault(
        positionOf(placeholder, value, text),
        `${placeholder.raw} is in the values of the ${of === "sweep" ? "sweep itself" : "inputs themselves"}`,
      ),
    );
}

function entryFaults({ key, span, value }: Entry, around: Around): Fault[] {
  const inKey = placeholdersIn(key, around.sweep !== null).map(({ raw }) =>
    fault(span, `${raw} is in a key, wanted it in a value`),
  );
  return [...inKey, ...valueFaults(value, around)];
}

function valueFaults(value: Value, around: Around): Fault[] {
  if (value.type === "list") return value.items.flatMap((item) => valueFaults(item, around));
  if (value.type === "mapping") return placeholderFaults(value.entries, around);
  if (typeof value.data !== "string") return [];
  const unclosed = unclosedIn(value.text);
  if (unclosed !== null) {
    const hint = `write \${{ ${unclosed.kind}.NAME }}, without braces or line ends in it`;
    return [fault(positionOf(unclosed, value, around.text), `${unclosed.raw} is not closed with }}`, hint)];
  }
  const wrong = placeholdersIn(value.text, around.sweep !== null).flatMap((placeholder) => {
    const found = faultOf(placeholder, around);
    return found === null ? [] : [{ placeholder, ...found }];
  });
  return wrong
    .slice(0, MAX_REPORTED)
    .map(({ placeholder, message, hint }) =>
      fault(positionOf(placeholder, value, around.text), message, hint()),
    );
}

interface Wrong {
  readonly message: string;
  /** Computed on demand, as to find a suggestion is slow. */
  readonly hint: () => string;
}

function faultOf({ raw, kind, name }: Placeholder, { sweep, inputs }: Around): Wrong | null {
  if (kind === "inputs") return inputFault(raw, name, inputs);
  // Of any task with such a text it is checked whether it has that port.
  if (kind === "service") return null;
  if (sweep === null) {
    const key = kind === "sweep" ? "matrix:, each: or array:" : `${kind}:`;
    const message = `${raw} is a value of a sweep, but the task has no sweep`;
    return { message, hint: () => `add ${key}` };
  }
  if (kind !== sweep.kind && kind !== "sweep") {
    const isOther = ["matrix", "each", "array"].includes(kind);
    const message = isOther
      ? `${raw} has no value: the sweep is given by ${sweep.kind}:`
      : `${raw} is unknown`;
    return { message, hint: () => hintForKind(`${kind}.${name}`, { name, sweep }) };
  }
  const names = kind === "sweep" ? SWEEP_NAMES : sweep.names;
  if (names.includes(name)) return null;
  const hint = (): string => {
    const near = closest(name, names);
    return near === null
      ? `${kind} has ${names.slice(0, 8).join(", ")}`
      : `did you mean \${{ ${kind}.${near} }}?`;
  };
  return { message: `${raw} is unknown`, hint };
}

function inputFault(raw: string, name: string, inputs: readonly string[]): Wrong | null {
  if (inputs.includes(name)) return null;
  if (inputs.length === 0)
    return {
      message: `${raw} is an input, but the task has none`,
      hint: () => `add inputs: {${name === "" ? "NAME" : name}: VALUE}`,
    };
  const hint = (): string => {
    const near = closest(name, inputs);
    return near === null
      ? `inputs has ${inputs.slice(0, 8).join(", ")}`
      : `did you mean \${{ inputs.${near} }}?`;
  };
  return { message: `${raw} is unknown`, hint };
}

function hintForKind(typed: string, { name, sweep }: { name: string; sweep: Sweep }): string {
  const known = [
    ...sweep.names.map((one) => `${sweep.kind}.${one}`),
    ...SWEEP_NAMES.map((one) => `sweep.${one}`),
  ];
  const near = sweep.names.includes(name) ? `${sweep.kind}.${name}` : closest(typed, known);
  return near === null ? "write $${{ … }} for the literal text" : `did you mean \${{ ${near} }}?`;
}

/** The span of a placeholder in the text of its value; the whole value where its source text differs. */
export function positionOf(placeholder: Placeholder, value: Value, text: string): Span {
  if (value.type !== "scalar") return value.span;
  const before = value.text.slice(0, placeholder.start).split(placeholder.raw).length - 1;
  let start = value.span.start - 1;
  for (let seen = 0; seen <= before; seen += 1) {
    start = text.indexOf(placeholder.raw, start + 1);
    if (start === -1 || start >= value.span.end) return value.span;
  }
  return { start, end: start + placeholder.raw.length };
}
