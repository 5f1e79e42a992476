import { ok, type Result } from "../lib/result.ts";
import { NO_RULES, type RetentionRules } from "../model/retention.ts";
import type { Fault } from "./fault.ts";
import { mapping } from "./mapping.ts";
import { after, count, duration, type ReadContext, type Reader, reader, size } from "./readers.ts";
import { textLike } from "./schema.ts";
import type { Value } from "./value.ts";

/** The default for `done`; failed tasks are kept by default, until a person has dealt with them. */
const DEFAULT_DONE_MS = 7 * 86_400_000;

const keys = mapping({
  done: { as: "doneMs", read: orNever(duration(0)) },
  deadLetter: { as: "deadLetterMs", read: orNever(duration(0)) },
  count: orNever(count(0)),
  bytes: orNever(size(0)),
  logs: { as: "logsMs", read: orNever(duration(0)) },
  artifacts: { as: "artifactsMs", read: orNever(duration(0)) },
  checkpoints: { as: "checkpointsMs", read: orNever(duration(0)) },
});

/** `retention` of config.yaml: which ended tasks are removed automatically. */
export const retentionSettings = reader(
  () => keys.schema,
  after(keys, (given) =>
    ok<RetentionRules>({
      ...NO_RULES,
      doneMs: DEFAULT_DONE_MS,
      ...given,
      takesDeadLetter: (given.deadLetterMs ?? null) !== null,
    }),
  ),
);

/** The same, or `never`. */
function orNever<T>(of: Reader<T>): Reader<T | null> {
  return reader(
    () => ({ anyOf: [of.schema, textLike("^[nN][eE][vV][eE][rR]$")] }),
    (value: Value, context: ReadContext): Result<T | null, Fault[]> =>
      value.type === "scalar" && value.text.toLowerCase() === "never" ? ok(null) : of(value, context),
  );
}
