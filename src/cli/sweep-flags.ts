import { resolve } from "node:path";
import { SWEEP_KEYS } from "../intake/keys/sweep.ts";
import type { Entry } from "../intake/value.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Flag, FlagValues, ValueType } from "./command-line/declare.ts";
import { usage } from "./command-line/usage.ts";
import { textValue, wholeNumber } from "./command-line/values.ts";
import type { Context } from "./context.ts";
import { sweepSettingsOf, type TASK_FLAGS } from "./task-flags.ts";

const AXIS: ValueType<string> = {
  placeholder: "NAME=VALUES",
  wanted: "NAME=VALUES, such as lr=0.1,0.01 or seed=1-3",
  read: (typed) => (typed.indexOf("=") < 1 ? null : typed),
};

export const SWEEP_FLAGS = {
  matrix: {
    ...declared("matrix"),
    help: "a task for each combination, such as lr=0.1,0.01; repeat it for another list",
    value: AXIS,
    repeats: true,
  },
  each: { ...declared("each"), value: { ...textValue("FILE", "a file"), completes: "files" } },
  array: { ...declared("array"), value: textValue("NUMBERS", "numbers such as 1-100 or 1,5,9") },
  maxParallel: { ...declared("maxParallel"), value: wholeNumber(1) },
  maxFailures: { ...declared("maxFailures"), value: wholeNumber(1) },
  holdAfter: { ...declared("holdAfter"), value: wholeNumber(1) },
} as const;

function declared(key: keyof typeof SWEEP_KEYS): Pick<Flag, "help" | "group" | "short"> {
  const { about, flag } = SWEEP_KEYS[key];
  return { help: about, group: flag.group, ...("short" in flag && { short: flag.short }) };
}

/** The sweep that flags ask for, as entries of a task file; empty where they ask for none. */
export async function sweepOf(
  context: Context,
  flags: FlagValues<typeof SWEEP_FLAGS & typeof TASK_FLAGS>,
): Promise<Result<Entry[], Problem>> {
  const { matrix, each, maxFailures, holdAfter, ...others } = flags as FlagValues<typeof SWEEP_FLAGS>;
  // As in Slurm: `1-100%4`.
  const [, numbers, atATime] = /^([^%]*)%([1-9]\d{0,8})$/.exec(others.array ?? "") ?? [];
  const array = numbers ?? others.array;
  const maxParallel = others.maxParallel ?? (atATime === undefined ? undefined : Number(atATime));
  const set = sweepSettingsOf(flags);
  const isAsked = [matrix, each, array, maxParallel, maxFailures, holdAfter].some(
    (flag) => flag !== undefined,
  );
  if (!isAsked && set.length === 0) return ok([]);
  const { sweepEntries } = await import("../intake/sweep/typed.ts");
  const entries = await sweepEntries({
    matrix,
    each: each === undefined ? undefined : resolve(context.cwd, each),
    array,
    maxParallel,
    maxFailures,
    holdAfter,
    set: set.map(([key, data, flag = key]) => [
      key,
      key === "each" ? resolve(context.cwd, String(data)) : data,
      flag,
    ]),
  });
  return entries.ok ? ok(entries.value) : err(usage(entries.error));
}
