import { resolve } from "node:path";
import type { Command } from "commander";
import type { Entry } from "../intake/value.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { Context } from "./context.ts";

/** The flags that make many tasks of one, as commander gives them. */
export interface SweepFlagTexts {
  readonly matrix?: string[];
  readonly each?: string;
  readonly array?: string;
  readonly maxParallel?: string;
  readonly maxFailures?: string;
}

/** Declares the flags of a sweep. */
export function declareSweep(command: Command): Command {
  return command
    .option(
      "--matrix <name=values>",
      "a task for each combination: lr=0.1,0.01; again for another list",
      // Not variadic: the file after it would be taken for one more list.
      (typed: string, before: string[] | undefined) => [...(before ?? []), typed],
    )
    .option("--each <file>", "a task for each row of a .csv, .jsonl or .txt file")
    .option("--array <numbers>", "a task for each number, like 1-100 or 1-100:10")
    .option("--max-parallel <n>", "members of the sweep that may run at a time")
    .option("--max-failures <n>", "so many failed members call the waiting ones off");
}

/** The sweep that flags ask for, as keys of a task file; none is an empty list. */
export async function sweepOf(context: Context, flags: SweepFlagTexts): Promise<Result<Entry[], Problem>> {
  const { matrix, each, array, maxParallel, maxFailures } = flags;
  if ([matrix, each, array, maxParallel, maxFailures].every((flag) => flag === undefined)) return ok([]);
  const { sweepEntries } = await import("../intake/sweep/typed.ts");
  const entries = await sweepEntries({
    ...(matrix !== undefined && { matrix }),
    ...(each !== undefined && { each: resolve(context.cwd, each) }),
    ...(array !== undefined && { array }),
    ...(maxParallel !== undefined && { maxParallel }),
    ...(maxFailures !== undefined && { maxFailures }),
  });
  return entries.ok ? ok(entries.value) : err(problem("USAGE", entries.error));
}
