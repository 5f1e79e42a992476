import { resolve } from "node:path";
import type { Entry } from "../intake/value.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { FlagValues, ValueType } from "./command-line/declare.ts";
import { usage } from "./command-line/usage.ts";
import { text, wholeNumber } from "./command-line/values.ts";
import type { Context } from "./context.ts";

const SWEEP = "Many tasks of one";

const AXIS: ValueType<string> = {
  placeholder: "NAME=VALUES",
  wanted: "NAME=VALUES, like lr=0.1,0.01 or seed=1-3",
  read: (typed) => (typed.indexOf("=") < 1 ? null : typed),
};

/** The flags that make many tasks of one. */
export const SWEEP_FLAGS = {
  matrix: {
    value: AXIS,
    repeats: true,
    group: SWEEP,
    help: "a task for each combination: lr=0.1,0.01; again for another list",
  },
  each: { value: text("FILE"), group: SWEEP, help: "a task for each row of a .csv, .jsonl or .txt file" },
  array: { value: text("NUMBERS"), group: SWEEP, help: "a task for each number, like 1-100 or 1-100:10" },
  maxParallel: { value: wholeNumber(1), group: SWEEP, help: "members of the sweep that may run at a time" },
  maxFailures: {
    value: wholeNumber(1),
    group: SWEEP,
    help: "so many failed members call the waiting ones off",
  },
} as const;

/** The sweep that flags ask for, as keys of a task file; none is an empty list. */
export async function sweepOf(
  context: Context,
  { matrix, each, array, maxParallel, maxFailures }: FlagValues<typeof SWEEP_FLAGS>,
): Promise<Result<Entry[], Problem>> {
  if ([matrix, each, array, maxParallel, maxFailures].every((flag) => flag === undefined)) return ok([]);
  const { sweepEntries } = await import("../intake/sweep/typed.ts");
  const entries = await sweepEntries({
    ...(matrix !== undefined && { matrix }),
    ...(each !== undefined && { each: resolve(context.cwd, each) }),
    ...(array !== undefined && { array }),
    ...(maxParallel !== undefined && { maxParallel }),
    ...(maxFailures !== undefined && { maxFailures }),
  });
  return entries.ok ? ok(entries.value) : err(usage(entries.error));
}
