import { own } from "../lib/own.ts";
import type { Policy } from "../model/policy.ts";
import { gpusOf } from "../model/resources.ts";
import { isService } from "../model/service.ts";
import type { Task } from "../model/task.ts";

/** A limit on how many tasks with a label, or of a sweep, run at a time. */
export interface Permit {
  /** What is counted, as a key and for display: `label team=a`, `sweep train (12)`. */
  readonly key: string;
  readonly limit: number;
  /** How many of them one task takes; default: 1. */
  readonly amount?: number;
}

/** The limits that a task counts against: those of its labels, of its sweep, and of services. */
export function permitsOf(task: Task, policy: Policy): Permit[] {
  const { group, labels } = task.metadata;
  const permits = isService(task) ? permitsOfServices(task, policy) : [];
  if (group?.maxParallel !== undefined)
    permits.push({ key: `sweep ${group.name} (${group.id})`, limit: group.maxParallel });
  if (Object.keys(policy.labels).length === 0) return permits;
  for (const [key, value] of Object.entries(labels)) {
    const pair = `${key}=${value}`;
    // A limit for this value overrides the limit per value.
    const limit = own(policy.labels, pair) ?? own(policy.labels, key);
    if (limit !== undefined) permits.push({ key: `label ${pair}`, limit });
  }
  return permits;
}

function permitsOfServices({ spec }: Task, { services, serviceGpus }: Policy): Permit[] {
  const amount = gpusOf(spec.resources);
  return [
    ...(services === undefined ? [] : [{ key: "the number of services", limit: services }]),
    ...(serviceGpus === undefined || amount === 0
      ? []
      : [{ key: "the number of GPUs of services", limit: serviceGpus, amount }]),
  ];
}

/** How many tasks hold each permit. */
export class PermitCounts {
  readonly #counts = new Map<string, number>();

  constructor(active: readonly Task[], policy: Policy) {
    for (const task of active) this.take(permitsOf(task, policy));
  }

  take(permits: readonly Permit[]): void {
    for (const { key, amount = 1 } of permits) this.#counts.set(key, (this.#counts.get(key) ?? 0) + amount);
  }

  /** The first permit whose limit is reached, or null. */
  missing(permits: readonly Permit[]): Permit | null {
    return (
      permits.find(({ key, limit, amount = 1 }) => (this.#counts.get(key) ?? 0) + amount > limit) ?? null
    );
  }
}
