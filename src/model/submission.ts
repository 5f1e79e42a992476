import * as v from "valibot";
import { err, ok, type Result } from "../lib/result.ts";
import { type DefinitionMark, definitionMark } from "./definition.ts";
import { type DraftGroup, draftGroup, type SweepPlace, sweepPlace } from "./group.ts";
import { type TaskId, taskName } from "./identity.ts";
import { PARENT_ENDS, type ParentReference, type Spec, spec } from "./spec.ts";
import { labels, type Metadata, metadata, type QueuedStatus, type Task } from "./task.ts";

/** A task as it was requested, before it has a number. */
export interface Draft {
  readonly name: string;
  readonly labels: Metadata["labels"];
  readonly annotations: Metadata["annotations"];
  readonly spec: Spec;
  /** Its parents by references that are resolved when it is queued; known ids are in the spec. */
  readonly parents?: readonly ParentReference[] | undefined;
  /** Its membership in a sweep. */
  readonly group?: DraftGroup | undefined;
  /** What it was made from. */
  readonly definition?: DefinitionMark | undefined;
  /** For a copy of a member of a sweep: what the member was. */
  readonly copiedMember?: SweepPlace | undefined;
}

const draft = v.strictObject({
  name: taskName,
  labels,
  annotations: metadata.entries.annotations,
  spec,
  parents: v.optional(
    v.array(v.strictObject({ reference: v.pipe(v.string(), v.minLength(1)), when: v.picklist(PARENT_ENDS) })),
  ),
  group: v.optional(draftGroup),
  definition: v.optional(definitionMark),
  copiedMember: v.optional(sweepPlace),
});

/** A violation of the schema of a draft: its path, and what is wrong there. */
export interface DraftFault {
  readonly path: readonly string[];
  readonly message: string;
  /** The path ends in a key that the schema does not have. */
  readonly isUnknownKey: boolean;
}

/** Validates a draft that was assembled from outside data; returns all faults at once. */
export function checkDraft(candidate: unknown): Result<Draft, readonly DraftFault[]> {
  const parsed = v.safeParse(draft, candidate);
  if (parsed.success) return ok(parsed.output);
  return err(
    parsed.issues.map((issue) => ({
      path: (issue.path ?? []).map(({ key }) => String(key)),
      message: issue.message,
      isUnknownKey: issue.type === "strict_object" && issue.expected === "never",
    })),
  );
}

/** What is known only when a draft is accepted. */
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
  readonly scheduleId?: string;
  readonly firedFor?: string;
  readonly group?: Metadata["group"];
  readonly openGroup?: Metadata["openGroup"];
  readonly definition?: DefinitionMark;
  readonly copiedMember?: SweepPlace;
  readonly batch?: string;
  readonly code?: Metadata["code"];
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
export function accepted(asked: Draft, acceptance: Acceptance): Task {
  const { at, id, number, uid, ...origin } = acceptance;
  // In the order of the schema, so that a record which is read and written again is the same text.
  const identified: Metadata = {
    id,
    number,
    name: asked.name,
    uid,
    generation: 1,
    resourceVersion: 1,
    epoch: 1,
    createdAt: at,
    updatedAt: at,
    labels: asked.labels,
    annotations: asked.annotations,
    ...origin,
  };
  return { metadata: identified, spec: asked.spec, status: NEW_STATUS };
}
