import { err, ok, type Result } from "../../lib/result.ts";
import { type Fault, fault } from "../fault.ts";
import type { ScalarValue, Value } from "../value.ts";
import { noCounterpart, valueAt } from "./dagu-keys.ts";
import { textsIn } from "./dagu-values.ts";
import { type ImportContext, inQuotes } from "./imported.ts";

/** The keys of a schedule that say when it fires. */
export interface DaguTimes {
  readonly cron: unknown;
  readonly timeZone?: string;
}

/** The times of a DAG; null where it has none. */
export function timesOf(
  value: Value | undefined,
  { cronFault, timeZone, nowMs }: ImportContext,
): Result<DaguTimes | null, Fault[]> {
  if (value === undefined) return ok(null);
  if (value.type === "mapping") {
    const others = value.entries.filter(({ key }) => key !== "start");
    if (others.length > 0)
      return err(
        others.map((entry) => noCounterpart(entry, "give the steps a timeoutSec in its place", "schedule.")),
      );
    return timesOf(valueAt(value, "start"), { cronFault, timeZone, nowMs } as ImportContext);
  }
  const texts = textsIn(value) ?? [];
  if (texts.length === 0) return err([fault(value.span, '"schedule" is no text, wanted a cron expression')]);
  const parts = texts.map(partsOf);
  const zones = new Set(parts.map(({ zone }) => zone));
  if (zones.size > 1)
    return err([fault(value.span, '"schedule" has several time zones, wanted one', "make a DAG for each")]);
  const [zone] = zones;
  const faults = parts.flatMap(({ times, at }) => {
    const wrong = cronFault(times, { timeZone: zone ?? timeZone, nowMs });
    return wrong === null ? [] : [fault(at.span, `"${times}" ${wrong.what}`, wrong.hint)];
  });
  if (faults.length > 0) return err(faults);
  const [only, ...more] = parts.map(({ times }) => inQuotes(times));
  return ok({
    cron: more.length === 0 ? only : [only, ...more],
    ...(zone !== undefined && { timeZone: zone }),
  });
}

/** `CRON_TZ=Asia/Tokyo 0 9 * * *`. */
function partsOf(at: ScalarValue): { times: string; zone: string | undefined; at: ScalarValue } {
  const [, zone, times = at.text] = /^(?:CRON_TZ|TZ)=(\S+)\s+(.*)$/s.exec(at.text) ?? [];
  return { times, zone, at };
}
