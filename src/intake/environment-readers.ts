import { ok, type Result } from "../lib/result.ts";
import { type EnvironmentSource, MAX_VARIABLE_NAMES, VARIABLE_PATTERN } from "../model/kind.ts";
import { type Fault, refuse } from "./fault.ts";
import { all, listOf, type ReadContext, text } from "./readers.ts";
import { folder, members } from "./task-readers.ts";
import { describe, type Value } from "./value.ts";

const WANTED = "{file: PATH} or {env: [NAMES]}";

/** Sources of variables whose values stay out of the record: a list of `{file: PATH}` and `{env: [NAMES]}`, or one of them. */
export function environmentSources(
  value: Value,
  surroundings: ReadContext,
): Result<EnvironmentSource[], Fault[]> {
  const items = value.type === "list" ? value.items : [value];
  return all(items.map((item) => source(item, surroundings)));
}

function source(value: Value, surroundings: ReadContext): Result<EnvironmentSource, Fault[]> {
  if (value.type !== "mapping") return refuse(value, `is ${describe(value)}, wanted ${WANTED}`);
  const read = members(value, ["file", "env"]);
  if (!read.ok) return read;
  const { file, env } = read.value;
  if ((file === undefined) === (env === undefined)) return refuse(value, `is not clear, wanted ${WANTED}`);
  if (file !== undefined) {
    const path = folder(file, surroundings);
    return path.ok ? ok({ file: path.value }) : path;
  }
  const names = listOf(variable)(env ?? value, surroundings);
  if (!names.ok) return names;
  if (names.value.length === 0) return refuse(value, "names nothing, wanted a variable");
  return names.value.length > MAX_VARIABLE_NAMES
    ? refuse(value, `names ${names.value.length} variables, wanted at most ${MAX_VARIABLE_NAMES}`)
    : ok({ env: names.value });
}

/** A name, or one with `*` for any signs. A value has no place here: it would stand in the record. */
function variable(value: Value): Result<string, Fault[]> {
  const read = text(value);
  if (!read.ok) return read;
  return VARIABLE_PATTERN.test(read.value)
    ? read
    : refuse(value, "is no name of a variable, wanted one such as API_TOKEN or AWS_*, without its value");
}
