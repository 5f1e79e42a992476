import { type Metadata, type QueuedStatus, type Task } from "./task.ts";
import type { Spec } from "./spec.ts";
import type { TaskId } from "./identity.ts";

/** A task as it was asked for, before it has a number. */
export interface Draft {
  readonly name: string;
  readonly labels: Metadata["labels"];
  readonly annotations: Metadata["annotations"];
  readonly spec: Spec;
}

/** What only the moment of acceptance knows. */
export interface Acceptance {
  readonly id: TaskId;
  readonly number: number;
  readonly uid: string;
  /** RFC 3339. */
  readonly at: string;
  readonly createdBy: string;
  readonly source: Metadata["source"];
  readonly environment?: string;
  readonly resubmitOf?: TaskId;
}

const NEW_STATUS: QueuedStatus = {
  state: "queued",
  attempt: 0,
  consecutiveFailures: 0,
  orphanCount: 0,
  observedGeneration: 0,
  attempts: [],
};

/** (new) → queued: the first version of a record. */
export function accepted(draft: Draft, acceptance: Acceptance): Task {
  const { at, ...identity } = acceptance;
  const metadata: Metadata = {
    ...identity,
    name: draft.name,
    generation: 1,
    resourceVersion: 1,
    epoch: 1,
    createdAt: at,
    updatedAt: at,
    labels: draft.labels,
    annotations: draft.annotations,
  };
  return { metadata, spec: draft.spec, status: NEW_STATUS };
}
