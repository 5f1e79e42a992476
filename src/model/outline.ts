import * as v from "valibot";
import { instantMs } from "../lib/clock.ts";
import { gpuMsOf } from "./execution-summary.ts";
import type { Failure } from "./failure.ts";
import type { Group } from "./group.ts";
import type { State } from "./state.ts";
import type { Metadata, Task } from "./task.ts";

/** The part of a record that is read of many at once: to count, select or clean up. Every task is an outline. */
export interface Outline extends Partial<Figures> {
  readonly metadata: Pick<
    Metadata,
    "id" | "name" | "resourceVersion" | "updatedAt" | "labels" | "environment" | "batch" | "openGroup"
  > & {
    readonly group?: Pick<Group, "id" | "name"> | undefined;
    /** Its snapshot, which a clean-up keeps for it. */
    readonly code?: { readonly snapshot?: string | undefined } | undefined;
    /** Only of whole records. */
    readonly createdAt?: string;
  };
  readonly spec: {
    readonly slot?: string | undefined;
    readonly topic?: string | undefined;
    readonly artifacts?: { readonly keep?: "always" | number | undefined } | undefined;
  };
  readonly status: {
    readonly state: State;
    readonly endedAt?: string;
    readonly attempts: readonly AttemptOutline[];
  };
}

/** How long an ended task took, in ms; see `figuresOf`. */
export interface Figures {
  /** Of its last attempt; null where it never ran. */
  readonly ranMs: number | null;
  /** From its submission, or the time before which it was not to start, to its first start; null where it never started. */
  readonly waitedMs: number | null;
  /** The time of each GPU that was reserved for it, added up over all attempts. */
  readonly gpuMs: number;
}

/** The figures of an ended task; those of its attempts so far for an unfinished one. */
export function figuresOf(of: Outline): Figures {
  if (isWhole(of)) return figuresIn(of);
  const { ranMs = null, waitedMs = null, gpuMs = 0 } = of;
  return { ranMs, waitedMs, gpuMs };
}

function figuresIn({ metadata, spec, status }: Task): Figures {
  const { attempts } = status;
  const started = attempts.find(({ startedAt }) => startedAt !== undefined)?.startedAt;
  const last = attempts.at(-1);
  const readyMs = Math.max(instantMs(metadata.createdAt), instantMs(spec.notBefore ?? metadata.createdAt));
  let gpuMs = 0;
  for (const attempt of attempts) gpuMs += gpuMsOf(attempt);
  return {
    ranMs:
      last === undefined || last.state === "running" || last.startedAt === undefined ? null : last.durationMs,
    waitedMs: started === undefined ? null : Math.max(0, instantMs(started) - readyMs),
    gpuMs,
  };
}

interface AttemptOutline {
  readonly state: Task["status"]["attempts"][number]["state"];
  readonly failure?: Pick<Failure, "class" | "code">;
  readonly retry?: unknown;
}

/** The part that most tasks of a batch have in common. */
export type SharedOutline = {
  readonly metadata: Omit<Outline["metadata"], "id" | "name" | "updatedAt" | "createdAt">;
  readonly spec: Outline["spec"];
  readonly status: Omit<Outline["status"], "endedAt">;
};

/** True for a record that was read in full. */
export function isWhole(of: Outline): of is Task {
  return of.metadata.createdAt !== undefined;
}

export function sharedOutline({ metadata, spec, status }: Outline): SharedOutline {
  const { resourceVersion, labels, environment, batch, group, openGroup, code } = metadata;
  return {
    metadata: {
      resourceVersion,
      labels,
      ...(environment !== undefined && { environment }),
      ...(batch !== undefined && { batch }),
      ...(group !== undefined && { group: { id: group.id, name: group.name } }),
      ...(openGroup !== undefined && { openGroup }),
      ...(code?.snapshot !== undefined && { code: { snapshot: code.snapshot } }),
    },
    spec: {
      ...(spec.slot !== undefined && { slot: spec.slot }),
      ...(spec.topic !== undefined && { topic: spec.topic }),
      ...(spec.artifacts?.keep !== undefined && { artifacts: { keep: spec.artifacts.keep } }),
    },
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

/** The names with the highest numbers in a directory; valid while the directory has this stamp. */
const keptListing = v.strictObject({ stamp: v.string(), names: v.array(v.string()) });

/** Cached listings of long directories, by directory. */
export const keptListings = v.strictObject({ bootId: v.string(), places: v.record(v.string(), keptListing) });
export type KeptListings = v.InferOutput<typeof keptListings>;
