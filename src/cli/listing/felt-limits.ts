import type { Bounds } from "../../model/overrides.ts";
import type { Wait } from "../../plan/waiting.ts";

/** Of the limits that were changed at run time, those that one of the waits is for. */
export function feltLimits(changed: Bounds, waits: readonly Wait[]): Bounds {
  const short = new Set(
    waits.flatMap((wait) => (wait.type === "room" ? wait.short.map(({ resource }) => resource) : [])),
  );
  const lanes = new Set(waits.flatMap((wait) => (wait.type === "lane" ? [wait.slot] : [])));
  const permits = waits.filter((wait) => wait.type === "permit");
  const isFelt = (label: string, limit: number): boolean =>
    permits.some(
      (permit) =>
        permit.limit === limit &&
        (permit.key === `label ${label}` || permit.key.startsWith(`label ${label}=`)),
    );
  const { jobs, gpus = null, slots = {}, labels = {} } = changed;
  return {
    ...(jobs !== undefined && short.has("jobs") && { jobs }),
    ...(gpus !== null && short.has("gpus") && { gpus }),
    slots: Object.fromEntries(Object.entries(slots).filter(([name]) => lanes.has(name))),
    labels: Object.fromEntries(Object.entries(labels).filter(([label, limit]) => isFelt(label, limit))),
  };
}
