import {
  type Applied,
  type Bounds,
  boundsInForce,
  layersOf,
  type Overrides,
  type QueuePause,
} from "../model/overrides.ts";
import type { Owner } from "../model/owner.ts";
import type { Layout } from "../store/layout.ts";
import { appliedBy, overridesOrSubstitute } from "../store/overrides.ts";

/** What was changed at run time, as the owner of the lock applies it; without one, as the next one will. */
export interface OverridesSeen {
  /** What the owner of the lock says that it applies; null where there is none. */
  readonly applied: Applied | null;
  readonly overrides: Overrides;
  /** Why the next owner of the lock cannot use overrides.json, and what it uses; null where it can, or there is an owner. */
  readonly fault: string | null;
}

export function overridesSeen(layout: Layout, owner: Owner | null): OverridesSeen {
  const applied = owner === null ? null : appliedBy(layout, owner.token);
  if (applied !== null) return { applied, overrides: applied.overrides, fault: null };
  const read = overridesOrSubstitute(layout);
  return read.ok
    ? { applied, overrides: read.value, fault: null }
    : { applied, overrides: read.error.overrides, fault: read.error.says };
}

/** What holds for the queue as a whole. */
export interface Control {
  /** Null where the queue is not paused. */
  readonly paused: QueuePause | null;
  /** The limits that were changed at run time. */
  readonly changed: Bounds;
  /** Why config.yaml is not used; null where it is. */
  readonly refused: string | null;
  /** Why overrides.json is not used; null where it is. */
  readonly fault: string | null;
}

export function controlOf({ applied, overrides, fault }: OverridesSeen, owner: Owner | null): Control {
  return {
    paused: overrides.paused ?? null,
    changed: boundsInForce(layersOf(overrides, owner?.token ?? null)),
    refused: applied?.refused?.message ?? null,
    fault,
  };
}
