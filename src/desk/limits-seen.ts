import { own } from "../lib/own.ts";
import { BOUND_SOURCES, type BoundLayers, type BoundSource, type Bounds } from "../model/overrides.ts";
import { isCollecting, openAttempt, type Task } from "../model/task.ts";
import type { SchedulingConfig } from "../plan/input.ts";

/** A limit where nothing sets it: one job for each core, all GPUs, one task of a lane. */
type Source = BoundSource | "default";

/** A limit: a count, or the names of GPUs; null is all GPUs. */
type Limit = number | readonly string[] | null;

/** One limit, what counts against it now, and where it comes from. */
export interface LimitSeen {
  readonly kind: "jobs" | "gpus" | "lane" | "label";
  /** Of the lane, or the label; null for the others. */
  readonly name: string | null;
  readonly running: number;
  readonly limit: Limit;
  readonly from: Source;
  /** What it overrides. */
  readonly instead: { readonly from: Source; readonly limit: Limit } | null;
}

/** The limits of what runs side by side: of jobs, GPUs, lanes that are in use or have one, and labels. */
export function limitsSeen(
  layers: BoundLayers,
  { scheduling, ...tasks }: { readonly scheduling: SchedulingConfig; readonly active: readonly Task[] },
): LimitSeen[] {
  const active = tasks.active.filter((task) => !isCollecting(task));
  const devices = new Set(active.flatMap((task) => openAttempt(task)?.devices ?? []));
  const lanes = namesIn(
    layers,
    "slots",
    active.flatMap(({ spec }) => spec.slot ?? []),
  );
  return [
    seen(
      layers,
      { kind: "jobs", name: null, running: active.length },
      { of: ({ jobs }) => jobs, otherwise: scheduling.capacity.jobs },
    ),
    seen(
      layers,
      { kind: "gpus", name: null, running: devices.size },
      { of: ({ gpus }) => gpus, otherwise: null },
    ),
    ...lanes.map((name) =>
      seen(
        layers,
        { kind: "lane", name, running: active.filter(({ spec }) => spec.slot === name).length },
        { of: ({ slots = {} }) => own(slots, name), otherwise: 1 },
      ),
    ),
    ...namesIn(layers, "labels", []).flatMap((name) => labelRows(layers, name, active)),
  ];
}

/** A limit of `key` holds for each of its values. */
function labelRows(layers: BoundLayers, name: string, active: readonly Task[]): LimitSeen[] {
  const of = ({ labels = {} }: Bounds): number | undefined => own(labels, name);
  const row = (pair: string, running: number): LimitSeen =>
    seen(layers, { kind: "label", name: pair, running }, { of, otherwise: 1 });
  const valuesOf = (key: string): string[] =>
    active.flatMap(({ metadata }) => {
      const value = own(metadata.labels, key);
      return value === undefined ? [] : [value];
    });
  const cut = name.indexOf("=");
  if (cut > 0)
    return [row(name, valuesOf(name.slice(0, cut)).filter((value) => value === name.slice(cut + 1)).length)];
  // A limit for one value overrides the one for each.
  const values = [...new Set(valuesOf(name))].filter(
    (value) => !namesIn(layers, "labels", []).includes(`${name}=${value}`),
  );
  if (values.length === 0) return [row(name, 0)];
  return values.map((value) => row(`${name}=${value}`, valuesOf(name).filter((one) => one === value).length));
}

function seen(
  layers: BoundLayers,
  what: Pick<LimitSeen, "kind" | "name" | "running">,
  { of, otherwise }: { readonly of: (bounds: Bounds) => Limit | undefined; readonly otherwise: Limit },
): LimitSeen {
  const set = BOUND_SOURCES.flatMap((from) => {
    const limit = of(layers[from]);
    return limit === undefined ? [] : [{ from, limit }];
  });
  const last = set.at(-1) ?? { from: "default" as const, limit: otherwise };
  return { ...what, ...last, instead: set.at(-2) ?? null };
}

function namesIn(layers: BoundLayers, key: "slots" | "labels", others: readonly string[]): string[] {
  const names = BOUND_SOURCES.flatMap((source) => Object.keys(layers[source][key] ?? {}));
  return [...new Set([...names, ...others])].toSorted();
}
