import * as v from "valibot";
import { instant } from "./identity.ts";
import { capacity } from "./resources.ts";
import { labels } from "./task.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/** Numbers by a name that users choose, which may be one that objects have of their own; v.record drops such names. */
const counts = v.custom<Readonly<Record<string, number>>>(
  (given) =>
    typeof given === "object" &&
    given !== null &&
    !Array.isArray(given) &&
    Object.values(given).every((one) => v.is(count, one)),
);

/** Limits of a home: of its jobs, GPUs, lanes and labels. What is absent is not set. */
export const bounds = v.strictObject({
  /** How many jobs run at a time. */
  jobs: v.optional(count),
  /** The GPUs that are used, as in `gpus.allow` of config.yaml; null is all of them. */
  gpus: v.optional(v.nullable(v.array(v.string()))),
  /** How many tasks of a lane run at a time. */
  slots: v.optional(counts),
  /** How many tasks with a label run at a time, by `key` (per value) or `key=value`. */
  labels: v.optional(counts),
});
export type Bounds = v.InferOutput<typeof bounds>;

const queuePause = v.strictObject({ at: instant, by: v.string() });
/** When the queue was paused, and by whom. */
export type QueuePause = v.InferOutput<typeof queuePause>;

/** What was changed at run time. Each limit overrides the same one of the flags and of config.yaml. */
export const overrides = v.strictObject({
  lasting: bounds,
  /** These come first, while the process with this token owns the lock. */
  untilRestart: v.optional(v.strictObject({ owner: v.string(), bounds })),
  paused: v.optional(queuePause),
});
export type Overrides = v.InferOutput<typeof overrides>;

export const NO_OVERRIDES: Overrides = { lasting: {} };

/** What the owner of the lock applies, for readers: a flag or a config.yaml that it refused is in no other file. */
export const applied = v.strictObject({
  /** The token of its lock. */
  owner: v.string(),
  capacity,
  labels,
  /** The limits among the flags that it was started with. */
  flags: bounds,
  overrides,
  /** Set while config.yaml has faults: what they are, and the text that is used instead; null for that of no file. */
  refused: v.optional(v.strictObject({ message: v.string(), kept: v.nullable(v.string()) })),
});
export type Applied = v.InferOutput<typeof applied>;

/** Where a limit comes from; a later one overrides an earlier one. */
export const BOUND_SOURCES = ["config", "flag", "lasting", "untilRestart"] as const;
export type BoundSource = (typeof BOUND_SOURCES)[number];

/** The limits of a home by where they come from. */
export type BoundLayers = Readonly<Record<BoundSource, Bounds>>;

/** The overrides that count for the owner of the lock; null where there is none. */
export function layersOf(of: Overrides, owner: string | null): Pick<BoundLayers, "lasting" | "untilRestart"> {
  const { lasting, untilRestart } = of;
  return { lasting, untilRestart: untilRestart?.owner === owner ? untilRestart.bounds : {} };
}

/** The limits that apply. */
export function boundsInForce(layers: Partial<BoundLayers>): Bounds {
  return BOUND_SOURCES.reduce<Bounds>((below, source) => over(below, layers[source] ?? {}), {});
}

/** The overrides after a change of limits: lasting, or for as long as this owner has the lock. */
export function withBounds(
  before: Overrides,
  change: Bounds,
  { owner, isLasting }: { readonly owner: string; readonly isLasting: boolean },
): Overrides {
  const { lasting, untilRestart } = layersOf(before, owner);
  const { untilRestart: _dropped, ...rest } = before;
  // Otherwise a lasting change would do nothing before the restart.
  const passing = isLasting ? without(untilRestart, change) : over(untilRestart, change);
  return {
    ...rest,
    lasting: isLasting ? over(lasting, change) : lasting,
    ...(isEmpty(passing) ? {} : { untilRestart: { owner, bounds: passing } }),
  };
}

/** The overrides without any change of limits. */
export function withoutBounds({ paused }: Overrides): Overrides {
  return { ...NO_OVERRIDES, ...(paused !== undefined && { paused }) };
}

export function withPause({ paused: _before, ...rest }: Overrides, paused: QueuePause | null): Overrides {
  return paused === null ? rest : { ...rest, paused };
}

/** True where no limit is set. */
export function isEmpty(of: Bounds): boolean {
  const { slots = {}, labels: byLabel = {} } = of;
  return (
    of.jobs === undefined &&
    of.gpus === undefined &&
    Object.keys(slots).length + Object.keys(byLabel).length === 0
  );
}

function over(below: Bounds, above: Bounds): Bounds {
  const slots = { ...below.slots, ...above.slots };
  const byLabel = { ...below.labels, ...above.labels };
  return {
    ...below,
    ...above,
    ...(Object.keys(slots).length > 0 && { slots }),
    ...(Object.keys(byLabel).length > 0 && { labels: byLabel }),
  };
}

/** Without the limits that a change sets. */
function without(of: Bounds, change: Bounds): Bounds {
  const rest = (from: Bounds["slots"] = {}, taken: Bounds["slots"] = {}): Readonly<Record<string, number>> =>
    Object.fromEntries(Object.entries(from).filter(([name]) => !Object.hasOwn(taken, name)));
  const slots = rest(of.slots, change.slots);
  const byLabel = rest(of.labels, change.labels);
  return {
    ...(of.jobs !== undefined && change.jobs === undefined && { jobs: of.jobs }),
    ...(of.gpus !== undefined && change.gpus === undefined && { gpus: of.gpus }),
    ...(Object.keys(slots).length > 0 && { slots }),
    ...(Object.keys(byLabel).length > 0 && { labels: byLabel }),
  };
}

/** The limits in words: `3 jobs, GPUs 0,1, lane train 2`. */
export function describeBounds({ jobs, gpus, slots = {}, labels: byLabel = {} }: Bounds): string {
  return [
    ...(jobs === undefined ? [] : [`jobs ${jobs}`]),
    ...(gpus === undefined ? [] : [`gpus ${describeGpuNames(gpus)}`]),
    ...Object.entries(slots).map(([name, limit]) => `lane ${name} ${limit}`),
    ...Object.entries(byLabel).map(([name, limit]) => `label ${name} ${limit}`),
  ].join(", ");
}

/** `0,1`, `all`, or `none`. */
export function describeGpuNames(gpus: readonly string[] | null): string {
  if (gpus === null) return "all";
  return gpus.length === 0 ? "none" : gpus.join(",");
}

/** What a fault of config.yaml means while a supervisor runs; the message has its line and column. */
export function describeRefusal(message: string): string {
  return `config.yaml has a fault, so the settings before it still apply: ${message}`;
}
