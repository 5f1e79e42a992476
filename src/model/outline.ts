import * as v from "valibot";
import type { Failure } from "./failure.ts";
import type { Group } from "./group.ts";
import type { State } from "./state.ts";
import type { Metadata, Task } from "./task.ts";

/** What a record says that many are gone through for: to count them, to select some, to clean up. A task is one of itself. */
export interface Outline {
  readonly metadata: Pick<
    Metadata,
    "id" | "name" | "resourceVersion" | "updatedAt" | "labels" | "environment" | "batch"
  > & {
    readonly group?: Pick<Group, "id" | "name"> | undefined;
    /** Of those alone that are whole records. */
    readonly createdAt?: string;
  };
  readonly spec: { readonly slot?: string | undefined };
  readonly status: {
    readonly state: State;
    readonly endedAt?: string;
    readonly attempts: readonly AttemptOutline[];
  };
}

interface AttemptOutline {
  readonly state: Task["status"]["attempts"][number]["state"];
  readonly failure?: Pick<Failure, "class" | "code">;
  readonly retry?: unknown;
}

/** What most of the tasks that were queued together have in common. */
export type SharedOutline = {
  readonly metadata: Omit<Outline["metadata"], "id" | "name" | "updatedAt" | "createdAt">;
  readonly spec: Outline["spec"];
  readonly status: Omit<Outline["status"], "endedAt">;
};

/** True for one that was read in full. */
export function isWhole(of: Outline): of is Task {
  return of.metadata.createdAt !== undefined;
}

export function sharedOutline({ metadata, spec, status }: Outline): SharedOutline {
  const { resourceVersion, labels, environment, batch, group } = metadata;
  return {
    metadata: {
      resourceVersion,
      labels,
      ...(environment !== undefined && { environment }),
      ...(batch !== undefined && { batch }),
      ...(group !== undefined && { group: { id: group.id, name: group.name } }),
    },
    spec: { ...(spec.slot !== undefined && { slot: spec.slot }) },
    status: { state: status.state, attempts: status.attempts.map(attemptOutline) },
  };
}

function attemptOutline({ state, failure, retry }: AttemptOutline): AttemptOutline {
  return {
    state,
    ...(failure !== undefined && { failure: { class: failure.class, code: failure.code } }),
    ...(retry !== undefined && { retry: true }),
  };
}

/** The names with the highest numbers of a directory, true while it is as its stamp says. */
const keptListing = v.strictObject({ stamp: v.string(), names: v.array(v.string()) });

/** What a reader keeps of long listings, by the place listed. */
export const keptListings = v.strictObject({ bootId: v.string(), places: v.record(v.string(), keptListing) });
export type KeptListings = v.InferOutput<typeof keptListings>;
