import { err, ok, type Result } from "../lib/result.ts";
import { type EnvironmentSource, MAX_VARIABLE_NAMES, VARIABLE_PATTERN } from "../model/kind.ts";
import { type Fault, misfit, refuse } from "./fault.ts";
import { mapping } from "./mapping.ts";
import { after, all, described, listOf, type ReadContext, reader, text } from "./readers.ts";
import { oneOrMany } from "./schema.ts";
import { folder } from "./task-readers.ts";
import type { Value } from "./value.ts";

const WANTED = "{file: PATH} or {env: [NAMES]}";

/** A name, or a pattern with `*` for any characters. A value is refused, as it would be in the record. */
const variable = reader(
  { type: "string", pattern: VARIABLE_PATTERN.source },
  after(text, (name, value) =>
    VARIABLE_PATTERN.test(name)
      ? ok(name)
      : refuse(value, "is not a variable name, wanted one such as API_TOKEN or AWS_*, without its value"),
  ),
);

const variables = described(listOf(variable), () => ({
  anyOf: [
    variable.schema,
    { type: "array", items: variable.schema, minItems: 1, maxItems: MAX_VARIABLE_NAMES },
  ],
}));
const sourceKeys = mapping({ file: folder, env: variables });

/** Sources of variables whose values stay out of the record: a list of `{file: PATH}` and `{env: [NAMES]}`, or one of them. */
export const environmentSources = reader(
  () => oneOrMany({ ...sourceKeys.schema, oneOf: [{ required: ["file"] }, { required: ["env"] }] }),
  (value: Value, context: ReadContext): Result<EnvironmentSource[], Fault[]> => {
    const items = value.type === "list" ? value.items : [value];
    return all(items.map((item) => source(item, context)));
  },
);

function source(value: Value, context: ReadContext): Result<EnvironmentSource, Fault[]> {
  if (value.type !== "mapping") return misfit(value, WANTED);
  const read = sourceKeys(value, context);
  if (!read.ok) return err(read.error);
  const { file, env } = read.value;
  if (file !== undefined && env === undefined) return ok({ file });
  if (env === undefined || file !== undefined) return refuse(value, `is ambiguous, wanted ${WANTED}`);
  if (env.length === 0) return refuse(value, "names nothing, wanted a variable");
  return env.length > MAX_VARIABLE_NAMES
    ? refuse(value, `names ${env.length} variables, wanted at most ${MAX_VARIABLE_NAMES}`)
    : ok({ env });
}
