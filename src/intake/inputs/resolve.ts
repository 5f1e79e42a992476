import { own } from "../../lib/own.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { closest } from "../../lib/suggest.ts";
import {
  type InputSpec,
  type Json,
  type JsonObject,
  MAX_INPUTS,
  MAX_INPUTS_BYTES,
} from "../../model/job-data.ts";
import type { SubmissionContext } from "../candidate.ts";
import { called, type Fault, fault, refuse, SET } from "../fault.ts";
import { fieldNamed } from "../key-names.ts";
import { alternatives } from "../readers.ts";
import { dataOf } from "../sweep/fill-value.ts";
import type { Member } from "../sweep/member.ts";
import { folder } from "../task-readers.ts";
import { type Entry, isUnspecified, NOWHERE, type Value } from "../value.ts";
import { isDeclaration, readInputSpec } from "./declaration.ts";
import { dataName, inputs as wholeInputs } from "./readers.ts";
import { type PathBase, readAs } from "./typed-value.ts";

/** The inputs of one task: what a record keeps of them. */
export interface Inputs {
  readonly values: JsonObject;
  /** Of those that are declared. */
  readonly specs: Readonly<Record<string, InputSpec>>;
}

/** Inputs that flags set, each by its name. */
export type InputFlags = readonly Entry[];

/** True for an entry with inputs: `inputs: {…}` or `inputs.lr: …`. */
export function isInputs({ key }: Entry): boolean {
  return key.startsWith("input") && fieldNamed(key)?.key === "inputs";
}

/** The names of the inputs in entries. */
export function namesOfInputs(entries: readonly Entry[]): string[] {
  return entries
    .filter(isInputs)
    .flatMap(itemsOf)
    .map(({ key }) => key);
}

/** The inputs of an entry, one by one. */
function itemsOf(entry: Entry): Entry[] {
  const child = fieldNamed(entry.key)?.child;
  if (child !== undefined) return [{ ...entry, key: child }];
  return entry.value.type === "mapping" ? [...entry.value.entries] : [];
}

interface Resolving {
  /** All entries of the task; placeholders of a sweep are filled. */
  readonly entries: readonly Entry[];
  readonly context: SubmissionContext;
  /** The values of a member of a sweep: one with the name of an input is its value. */
  readonly swept: readonly Entry[];
}

/** Reads the inputs of a task: a flag wins over the sweep, the sweep over the file. Null where there are none. */
export function resolveInputs({ entries, context, swept }: Resolving): Result<Inputs | null, Fault[]> {
  const { inputs: flags = [], areInputsOpen = false } = context;
  const whole = entries.filter((entry) => isInputs(entry) && !isUnspecified(entry.value));
  const odd = whole.flatMap((entry) =>
    fieldNamed(entry.key)?.child === undefined && entry.value.type !== "mapping" ? [entry] : [],
  );
  if (odd.length > 0) return err(odd.flatMap(({ value }) => faultsOf(wholeInputs(value, context))));
  const written = whole.flatMap(itemsOf).filter(({ value }) => !isUnspecified(value));
  const { items: ofFile, beside } = withValues(written);
  const added = newInputs(flags, written, context);
  const items = [...ofFile, ...added];
  const faults = twins(items);
  const around = aroundOf(entries, context);
  const specs: Record<string, InputSpec> = {};
  const values: Record<string, Json> = {};
  const typed = new Map(flags.map((flag) => [flag.key, flag.value]));
  const given = new Map(swept.map(({ key, value }) => [key, value]));
  for (const item of items) {
    const name = dataName(item);
    const read = name.ok ? readItem(item, around) : name;
    if (!read.ok) {
      faults.push(...read.error);
      continue;
    }
    const { spec, value } = read.value;
    const flag = added.includes(item) ? undefined : typed.get(item.key);
    // A path of a command line begins where that was typed.
    const ofFlag = flag && {
      value: flag,
      around: { ...around, folder: around.folder && context.defaultCwd },
    };
    const inFile = given.get(item.key) ?? beside.get(item.key);
    const other = ofFlag ?? (inFile && { value: inFile, around });
    const final =
      other === undefined ? ok(value) : readAs(spec ?? { type: "any" }, other.value, other.around);
    if (!final.ok) faults.push(...final.error);
    else if (final.value !== undefined) values[item.key] = final.value;
    else if (spec?.required === true && !areInputsOpen) faults.push(missing(item));
    if (spec !== null) specs[item.key] = spec;
  }
  faults.push(...sizeFaults(values, whole[0]));
  if (faults.length > 0) return err(faults);
  return ok(items.length === 0 && Object.keys(values).length === 0 ? null : { values, specs });
}

/** The items without the values that stand beside their declarations, as in gyoza: `input_specs` beside `inputs`. */
function withValues(written: readonly Entry[]): {
  readonly items: readonly Entry[];
  readonly beside: ReadonlyMap<string, Value>;
} {
  const declared = new Set(written.filter(({ value }) => isDeclaration(value)).map(({ key }) => key));
  const isBeside = ({ key, value }: Entry): boolean => declared.has(key) && !isDeclaration(value);
  return {
    items: written.filter((item) => !isBeside(item)),
    beside: new Map(written.filter(isBeside).map(({ key, value }) => [key, value])),
  };
}

function faultsOf(read: Result<unknown, Fault[]>): Fault[] {
  return read.ok ? [] : read.error;
}

/** The flags that add an input: all of a command line, and of a file those of `--set`. */
function newInputs(
  flags: InputFlags,
  written: readonly Entry[],
  { areInputsFree }: SubmissionContext,
): Entry[] {
  const known = new Set(written.map(({ key }) => key));
  return flags.filter((flag) => (areInputsFree === true || addsInput(flag)) && !known.has(flag.key));
}

/** True for an input of `--set`, which sets any key; `--input` gives values to the inputs that there are. */
export function addsInput({ value }: Entry): boolean {
  return value.path.startsWith(SET);
}

/** Reads one input by itself, with its default. */
export function readItem(
  { value }: Entry,
  around: PathBase,
): Result<{ readonly spec: InputSpec | null; readonly value: Json | undefined }, Fault[]> {
  if (isDeclaration(value)) {
    const spec = readInputSpec(value, around);
    return spec.ok ? ok({ spec: spec.value, value: spec.value.default }) : spec;
  }
  const plain = readAs({ type: "any" }, value, around);
  return plain.ok ? ok({ spec: null, value: plain.value }) : plain;
}

function missing({ key, span, value }: Entry): Fault {
  return fault(span, `${called(value)} has no value, which is required`, `give it: -i ${key}=VALUE`);
}

function twins(items: readonly Entry[]): Fault[] {
  return items.flatMap(({ key, span, value }, index) =>
    items.findIndex((other) => other.key === key) < index
      ? [fault(span, `${called(value)} is given twice`, "keep one of them")]
      : [],
  );
}

function sizeFaults(values: JsonObject, at: Entry | undefined): Fault[] {
  const span = at?.span ?? NOWHERE;
  const count = Object.keys(values).length;
  if (count > MAX_INPUTS) return [fault(span, `the task has ${count} inputs, wanted at most ${MAX_INPUTS}`)];
  const bytes = Buffer.byteLength(JSON.stringify(values));
  if (bytes <= MAX_INPUTS_BYTES) return [];
  const message = `the inputs have ${bytes} bytes as JSON, wanted at most ${MAX_INPUTS_BYTES}`;
  return [fault(span, message, "put what is large into a file, and give its path")];
}

/** Where the paths of inputs begin: in the folder of the job. In a container they are paths in the image. */
function aroundOf(entries: readonly Entry[], context: SubmissionContext): PathBase {
  const { home, defaultCwd } = context;
  const isInImage = entries.some(({ key }) => /^container\b|^image$/.test(key));
  if (isInImage) return { folder: null, home };
  const cwd = entries.find(({ key }) => fieldNamed(key)?.key === "cwd");
  const read = cwd === undefined ? null : folder(cwd.value, context);
  return { folder: read?.ok === true ? read.value : defaultCwd, home };
}

/** The faults of flags for inputs that no document of a file, or no task, has. */
export function unknownInputs(
  flags: InputFlags,
  known: readonly string[],
  of: "file" | "task" = "file",
): Fault[] {
  return flags.flatMap((flag) => {
    const { key, value } = flag;
    if (known.includes(key) || addsInput(flag)) return [];
    const near = closest(key, known);
    const is = known.length === 0 ? "has no inputs" : `has ${alternatives(known)}`;
    const hint =
      near !== null
        ? `did you mean ${near}?`
        : known.length === 0 && of === "file"
          ? `write into the file: inputs: {${key}: VALUE}`
          : undefined;
    return faultsOf(refuse(value, `is unknown: the ${of} ${is}`, hint));
  });
}

/** The text of an input in a placeholder; undefined where it has none. */
export function inputText(values: JsonObject, name: string): string | undefined {
  const value = own(values as Record<string, Json>, name);
  if (value === undefined) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The values of a member of a sweep, as values of inputs. */
export function sweptEntries({ values, span }: Member): Entry[] {
  return Object.entries(values).map(([key, text]) => ({
    key,
    span,
    value: { type: "scalar", data: dataOf(text), text, path: `inputs.${key}`, span },
  }));
}
