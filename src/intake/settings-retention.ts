import { ok, type Result } from "../lib/result.ts";
import type { RetentionRules } from "../model/retention.ts";
import type { Fault } from "./fault.ts";
import { count, duration, type ReadContext, type Reader, size } from "./readers.ts";
import { section } from "./section.ts";
import type { Value } from "./value.ts";

/** What `retention` leaves open: nobody looks for what succeeded a week ago, and a failure is kept until a person has seen it. */
const DEFAULT_DONE_MS = 7 * 86_400_000;

const keys = section({
  done: { name: "doneMs", read: orNever(duration(0)) },
  deadLetter: { name: "deadLetterMs", read: orNever(duration(0)) },
  count: { name: "count", read: orNever(count(0)) },
  bytes: { name: "bytes", read: orNever(size(0)) },
  logs: { name: "logsMs", read: orNever(duration(0)) },
  artifacts: { name: "artifactsMs", read: orNever(duration(0)) },
  checkpoints: { name: "checkpointsMs", read: orNever(duration(0)) },
});

/** What is removed of ended tasks without being asked: `retention` of config.yaml. */
export function retentionSettings(value: Value, surroundings: ReadContext): Result<RetentionRules, Fault[]> {
  const read = keys(value, surroundings);
  if (!read.ok) return read;
  const { doneMs = DEFAULT_DONE_MS, deadLetterMs = null, count: most = null, bytes = null } = read.value;
  const { logsMs = null, artifactsMs = null, checkpointsMs = null } = read.value;
  return ok({
    doneMs,
    deadLetterMs,
    takesDeadLetter: deadLetterMs !== null,
    count: most,
    bytes,
    logsMs,
    artifactsMs,
    checkpointsMs,
    takesArtifacts: false,
  });
}

/** `never` for no end. */
function orNever<T>(reader: Reader<T>): Reader<T | null> {
  return (value, surroundings) =>
    value.type === "scalar" && value.text.toLowerCase() === "never" ? ok(null) : reader(value, surroundings);
}
