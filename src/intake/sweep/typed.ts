import { err, ok, type Result } from "../../lib/result.ts";
import { SET } from "../fault.ts";
import type { TypedKey } from "../fields-typed.ts";
import { flagValue } from "../typed-text.ts";
import { camelCase, type Entry, fromPlain, NOWHERE, type Value } from "../value.ts";
import { isRange } from "./range.ts";

export interface SweepFlags {
  /** Each `NAME=VALUES`, with a name. */
  readonly matrix?: readonly string[] | undefined;
  /** The path of a data file, absolute. */
  readonly each?: string | undefined;
  readonly array?: string | undefined;
  readonly maxParallel?: number | undefined;
  readonly maxFailures?: number | undefined;
  readonly holdAfter?: number | undefined;
  /** Keys of a sweep that `--set` sets; `matrix.lr` is one name of the matrix. */
  readonly set?: readonly TypedKey[];
}

/** One name of a matrix. */
interface Axis {
  readonly name: string;
  readonly typed: string;
  readonly flag: string;
}

const NAME = "matrix.";
const LIMITS = {
  maxParallel: "--max-parallel",
  maxFailures: "--max-failures",
  holdAfter: "--hold-after",
} as const;

/** Converts flags to entries of a task file; the error is a clause. */
export async function sweepEntries(flags: SweepFlags): Promise<Result<Entry[], string>> {
  const entries: Entry[] = [];
  const axes: Entry[] = [];
  const { each, array, set = [] } = flags;
  const matrix = (flags.matrix ?? []).map((typed): Axis => {
    const cut = typed.indexOf("=");
    return { name: typed.slice(0, cut), typed: typed.slice(cut + 1), flag: "--matrix" };
  });
  const names = set.filter(([key]) => key.startsWith(NAME));
  const more = names.map(([key, typed]): Axis => {
    return { name: key.slice(NAME.length), typed: String(typed), flag: `${SET}matrix` };
  });
  for (const { name, typed, flag } of [...matrix, ...more]) {
    const path = `${flag}.${name}`;
    if (axes.some(({ key }) => key === name))
      return err(`${flag.replace(".", " ")} has ${name}= twice, wanted one list`);
    axes.push(entryOf(name, await axisValue(typed, path)));
  }
  if (axes.length > 0)
    entries.push(entryOf("matrix", { type: "mapping", path: "--matrix", span: NOWHERE, entries: axes }));
  for (const [key, typed, flag = key] of set)
    if (!key.startsWith(NAME))
      entries.push(entryOf(camelCase(key), await flagValue(typed, flag, key === "each")));
  if (each !== undefined) entries.push(entryOf("each", await flagValue(each, "--each", true)));
  if (array !== undefined) entries.push(entryOf("array", await flagValue(array, "--array", true)));
  for (const [key, flag] of Object.entries(LIMITS)) {
    const limit = flags[key as keyof typeof LIMITS];
    if (limit !== undefined) entries.push(entryOf(key, fromPlain(limit, flag)));
  }
  return ok(entries);
}

function entryOf(key: string, value: Value): Entry {
  return { key, span: NOWHERE, value };
}

/** `0.1,0.01`, `1-3`, or a list or mapping in brackets as in the task file. */
async function axisValue(typed: string, path: string): Promise<Value> {
  if (/^[[{]/.test(typed) || isRange(typed)) return flagValue(typed, path, false);
  const items = await Promise.all(
    typed.split(",").map((item, index) => flagValue(item, `${path}[${index}]`, true)),
  );
  return { type: "list", path, span: NOWHERE, items };
}
