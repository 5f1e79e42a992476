import { err, ok, type Result } from "../../lib/result.ts";
import { STOP_SIGNALS } from "../../model/stop.ts";
import { type Fault, fault } from "../fault.ts";
import { camelCase, type MappingValue, type ScalarValue, type Value } from "../value.ts";
import { keyFaults, noCounterpart, valueAt } from "./dagu-keys.ts";
import { PROGRAM_KEYS, programOf } from "./dagu-program.ts";
import { resolved, textsIn, variablesIn } from "./dagu-values.ts";

/** What a DAG gives to each of its steps. */
export interface DaguContext {
  readonly shell: Value | undefined;
  /** Absolute. */
  readonly folder: string;
  /** Parameters and `env` of the DAG, as values of `env` in stint. */
  readonly variables: ReadonlyMap<string, string>;
  readonly positional: readonly string[];
  /** Gets the keys that are left out. */
  readonly left: Set<string>;
}

/** A step, with the keys of its task. */
export interface DaguStep {
  /** How other steps call it. */
  readonly names: readonly string[];
  readonly keys: Readonly<Record<string, unknown>>;
  readonly depends: readonly ScalarValue[] | null;
  /** True where those that depend on it run after its failure too. */
  readonly goesOn: boolean;
}

const USED = [
  ...PROGRAM_KEYS,
  "name",
  "id",
  "dir",
  "workingDir",
  "env",
  "depends",
  "continueOn",
  "retryPolicy",
  "timeoutSec",
  "params",
  "signalOnStop",
];

/** Reads a step, or names all of it that has no counterpart. */
export function stepOf(step: MappingValue, context: DaguContext): Result<DaguStep, Fault[]> {
  const { left, variables, folder } = context;
  const isOfCommand = ({ value }: { readonly value: Value }): boolean =>
    value.type === "scalar" && /^(?:command|shell)$/.test(value.text);
  const plain = step.entries.filter(
    (entry) => !(/^(?:executor|type)$/.test(entry.key) && isOfCommand(entry)),
  );
  const faults = keyFaults({ ...step, entries: plain }, { used: USED, left });
  const take = <T>(read: Result<T, Fault[]>, other: T): T => {
    if (!read.ok) faults.push(...read.error);
    return read.ok ? read.value : other;
  };
  const program = faults.length > 0 ? {} : take(programOf(step, context), {});
  const env = take(environmentOf(valueAt(step, "env"), variables), {});
  const cwd = take(folderOf(valueAt(step, "dir", "workingDir"), folder), folder);
  const goesOn = take(goesOnIn(valueAt(step, "continueOn")), false);
  const retries = take(retriesOf(valueAt(step, "retryPolicy")), {});
  const timeout = take(secondsOf(valueAt(step, "timeoutSec")), undefined);
  const stop = take(stopOf(valueAt(step, "signalOnStop")), {});
  const at = valueAt(step, "depends");
  const depends = at === undefined ? null : (textsIn(at) ?? []);
  if (faults.length > 0) return err(faults);
  const names = [valueAt(step, "name"), valueAt(step, "id")].flatMap((value) =>
    value?.type === "scalar" ? [value.text] : [],
  );
  const all = { ...Object.fromEntries(variables), ...env };
  const keys = {
    ...program,
    cwd,
    ...(Object.keys(all).length > 0 && { env: all }),
    ...(timeout !== undefined && { timeout }),
    ...retries,
    ...stop,
  };
  return ok({ names, keys, depends, goesOn });
}

/** Variables in the order of the file: a later one may name an earlier one. */
export function environmentOf(
  value: Value | undefined,
  before: ReadonlyMap<string, string>,
): Result<Record<string, string>, Fault[]> {
  if (value === undefined) return ok({});
  const read = variablesIn(value);
  if (!read.ok) return read;
  const known = new Map(before);
  const faults: Fault[] = [];
  const own: Record<string, string> = {};
  for (const one of read.value) {
    if (one.name === null) {
      faults.push(fault(one.at.span, `"${one.text}" is no variable, wanted NAME=value`));
      continue;
    }
    const text = resolved(one, known);
    if (!text.ok) faults.push(text.error);
    else {
      known.set(one.name, text.value);
      own[one.name] = text.value;
    }
  }
  return faults.length > 0 ? err(faults) : ok(own);
}

/** A folder as the DAG has it: relative to its own. */
export function folderOf(value: Value | undefined, base: string): Result<string, Fault[]> {
  if (value === undefined) return ok(base);
  if (value.type !== "scalar" || value.text.includes("$"))
    return err([fault(value.span, `"${value.path}" has a variable, wanted a folder that is known now`)]);
  const { text } = value;
  return ok(text.startsWith("/") || text.startsWith("~") ? text : `${base.replace(/\/$/, "")}/${text}`);
}

function goesOnIn(value: Value | undefined): Result<boolean, Fault[]> {
  if (value === undefined) return ok(false);
  if (value.type !== "mapping") {
    const words = (textsIn(value) ?? []).map(({ text }) => text);
    const strange = words.find((word) => !/^(?:failed|failure|skipped)$/.test(word));
    return strange === undefined
      ? ok(words.some((word) => word !== "skipped"))
      : err([fault(value.span, `"continueOn" is "${strange}", which has no counterpart in stint`)]);
  }
  const faults = value.entries
    .filter(({ key }) => !/^(?:failure|failed|skipped)$/.test(key))
    .map((entry) => noCounterpart(entry, "decide in the command: … || exit 0", "continueOn."));
  if (faults.length > 0) return err(faults);
  const failure = valueAt(value, "failure", "failed");
  return ok(failure?.type === "scalar" && failure.data === true);
}

/** A wait between retries that dagu does not bound. */
const LONGEST_SECONDS = 86_400;

function retriesOf(value: Value | undefined): Result<Record<string, unknown>, Fault[]> {
  if (value === undefined) return ok({});
  if (value.type !== "mapping")
    return err([fault(value.span, '"retryPolicy" is no mapping, wanted {limit: 3}')]);
  const faults = value.entries
    .filter(
      ({ key }) =>
        !["limit", "intervalSec", "backoff", "maxIntervalSec", "exitCode"].includes(camelCase(key)),
    )
    .map((entry) => noCounterpart(entry, undefined, "retryPolicy."));
  const numberAt = (key: string): number | undefined => {
    const at = valueAt(value, key);
    if (at === undefined) return undefined;
    const number =
      at.type === "scalar" ? Number(at.data === true ? 2 : at.data === false ? 1 : at.text) : Number.NaN;
    if (!Number.isFinite(number)) faults.push(fault(at.span, `"${at.path}" is no number, wanted one`));
    return number;
  };
  const [limit = 0, first, factor = 1, max] = ["limit", "intervalSec", "backoff", "maxIntervalSec"].map(
    numberAt,
  );
  const codes = valueAt(value, "exitCode");
  if (faults.length > 0) return err(faults);
  const longest = Math.min(
    LONGEST_SECONDS,
    max ?? (first ?? 0) * Math.max(1, factor) ** Math.max(0, limit - 1),
  );
  return ok({
    retries: limit,
    ...(first !== undefined &&
      first > 0 && {
        backoff: {
          first: `${first}s`,
          max: `${Math.max(first, Math.ceil(longest))}s`,
          factor: Math.max(1, factor),
          jitter: "none",
        },
      }),
    ...(codes !== undefined && { retry: { onExit: (textsIn(codes) ?? []).map(({ data }) => data) } }),
  });
}

function stopOf(value: Value | undefined): Result<Record<string, unknown>, Fault[]> {
  if (value === undefined) return ok({});
  const typed = value.type === "scalar" ? value.text.toUpperCase().replace(/^SIG/, "") : "";
  const signal = STOP_SIGNALS.find((one) => one === typed);
  if (signal !== undefined) return ok({ stop: { signal } });
  const what = value.type === "scalar" ? `"${value.text}"` : `a ${value.type}`;
  return err([fault(value.span, `"signalOnStop" is ${what}, wanted one of ${STOP_SIGNALS.join(", ")}`)]);
}

function secondsOf(value: Value | undefined): Result<string | undefined, Fault[]> {
  if (value === undefined) return ok(undefined);
  return value.type === "scalar" && typeof value.data === "number" && value.data > 0
    ? ok(`${value.data}s`)
    : err([fault(value.span, `"${value.path}" is no number of seconds, wanted one`)]);
}
