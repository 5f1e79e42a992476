import { homePath } from "../desk/home.ts";
import { meaningOf } from "../intake/key-names.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import { openHome } from "../store/home.ts";
import type { Context } from "./context.ts";
import type { FlagFields } from "./task-flags.ts";

const PARENT_KEYS: readonly string[] = ["after", "afterAny", "afterFailed", "afterOneOf"];
const LAST_IN_LIST = /(?<=^|,)\s*@(?:~\d+)?\s*(?=,|$)/g;

/** The fields with ids in place of `@` and `@~1` among the parents: in a file, these would mean another task each time. */
export async function withMeantParents(
  context: Context,
  fields: FlagFields,
): Promise<Result<FlagFields, Problem>> {
  const words = fields.flatMap(([key, data]) => (isOfParents(key) ? wordsIn(data) : []));
  const asked = new Set(words.flatMap((word) => word.match(LAST_IN_LIST) ?? []).map((one) => one.trim()));
  if (asked.size === 0) return ok(fields);
  const home = openHome(homePath(context));
  if (!home.ok) return home;
  const { findTask } = await import("../desk/select.ts");
  const ids = new Map<string, TaskId>();
  for (const reference of asked) {
    const found = findTask(home.value, reference);
    if (!found.ok) return found;
    ids.set(reference, found.value.metadata.id);
  }
  const filled = (word: string): string => word.replace(LAST_IN_LIST, (one) => ids.get(one.trim()) ?? one);
  return ok(
    fields.map((field) => {
      const [key, data, ...flag] = field;
      if (!isOfParents(key)) return field;
      if (typeof data === "string") return [key, filled(data), ...flag];
      return [key, Array.isArray(data) ? wordsIn(data).map(filled) : data, ...flag];
    }),
  );
}

function isOfParents(key: string): boolean {
  const meaning = meaningOf(key);
  return meaning.type === "field" && PARENT_KEYS.includes(meaning.key);
}

/** The texts of a flag, or that of `--set`. */
function wordsIn(data: unknown): string[] {
  return [data].flat().filter((one) => typeof one === "string");
}
