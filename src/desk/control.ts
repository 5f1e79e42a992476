import type { Problem } from "../model/errors.ts";
import {
  type Applied,
  type Bounds,
  boundsInForce,
  layersOf,
  NO_OVERRIDES,
  type Overrides,
  type QueuePause,
} from "../model/overrides.ts";
import type { Owner } from "../model/owner.ts";
import type { Layout } from "../store/layout.ts";
import { appliedBy, readOverrides } from "../store/overrides.ts";

/** What was changed at run time, as the owner of the lock applies it; without one, as the next one will. */
export interface OverridesSeen {
  /** What the owner of the lock says that it applies; null where there is none. */
  readonly applied: Applied | null;
  readonly overrides: Overrides;
  /** Why overrides.json cannot be used; null where it can. */
  readonly fault: Problem | null;
}

export function overridesSeen(layout: Layout, owner: Owner | null): OverridesSeen {
  const applied = owner === null ? null : appliedBy(layout, owner.token);
  if (applied !== null) return { applied, overrides: applied.overrides, fault: null };
  const read = readOverrides(layout);
  return read.ok
    ? { applied, overrides: read.value, fault: null }
    : { applied, overrides: NO_OVERRIDES, fault: read.error };
}

/** What holds for the queue as a whole. */
export interface Control {
  /** Null where the queue is not paused. */
  readonly paused: QueuePause | null;
  /** The limits that were changed at run time. */
  readonly changed: Bounds;
  /** Why config.yaml is not used; null where it is. */
  readonly refused: string | null;
}

export function controlOf({ applied, overrides }: OverridesSeen, owner: Owner | null): Control {
  return {
    paused: overrides.paused ?? null,
    changed: boundsInForce(layersOf(overrides, owner?.token ?? null)),
    refused: applied?.refused?.message ?? null,
  };
}
