import type { Result } from "../lib/result.ts";
import { DEFAULT_BACKOFF } from "../model/backoff.ts";
import type { Definition } from "../model/definition.ts";
import { DEFAULT_CONTAINER, type EngineName, type Kind, type Runtime, type Shell } from "../model/kind.ts";
import { DEFAULT_RESTART, DEFAULT_RETRY } from "../model/retry.ts";
import {
  DEFAULT_GRACE_MS,
  DEFAULT_LOG_BYTES,
  type DependencyEnd,
  PARENT_ENDS,
  type ParentReference,
} from "../model/spec.ts";
import type { TrackingAsked } from "../model/tracking.ts";
import type { ParentGroups } from "./queue-readers.ts";
import type { ReadContext } from "./readers.ts";
import type { Entry } from "./value.ts";

/** Plain nested data that becomes a draft once it has passed the schema. */
export interface Tree {
  [key: string]: unknown;
}

/** Defaults of a home for all its tasks. */
export interface Defaults {
  readonly timeoutMs?: number;
  /** After the first attempt. */
  readonly retries?: number;
  readonly priority?: number;
  /** For tasks without any request for GPUs. */
  readonly gpus?: number;
  /** For containers. */
  readonly engine?: EngineName;
  /** For scripts outside containers that name no interpreter; default: sh. */
  readonly runtime?: Shell;
  readonly tracking?: TrackingAsked;
}

/** The origin of tasks, and their defaults. */
export interface SubmissionContext extends ReadContext {
  /** The name that messages show. */
  readonly file: string;
  /** The name of a task that has none, and whose command yields none. */
  readonly defaultName: string;
  readonly defaults?: Defaults | undefined;
  /** The folder of data files of sweeps, absolute; default: `defaultCwd`. */
  readonly dataFolder?: string;
  /** Looks a definition up; the error is a clause. Absent where none may be named. */
  readonly definition?: ((reference: string) => Result<Definition, string>) | undefined;
  /** Keys of a sweep that flags set; they replace those of a document. */
  readonly sweep?: readonly Entry[] | undefined;
  /** Inputs that flags set, by their names; they replace the values of a document. */
  readonly inputs?: readonly Entry[] | undefined;
  /** True where flags may set inputs that no document declares, as on a command line. */
  readonly areInputsFree?: boolean | undefined;
  /** True where nothing is queued: a required input may still lack its value. */
  readonly areInputsOpen?: boolean | undefined;
}

/** What to run, as the fields say it. */
export interface Program {
  readonly run?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly script?: string;
  readonly runtime?: Runtime;
}

/** The spec of a task with nothing but a program. */
export function defaultSpec(
  { defaultCwd, defaults = {} }: Pick<SubmissionContext, "defaultCwd" | "defaults">,
  type: Kind["type"] = "subprocess",
): Tree {
  const { timeoutMs, retries, priority = 0, gpus, tracking } = defaults;
  return {
    kind: COMPLETED[type]({
      type: "subprocess",
      cwd: defaultCwd,
      env: {},
      environment: { policy: "inherit" },
      failOnNonZero: true,
    }),
    priority,
    resources: { ...(gpus !== undefined && { gpus }) },
    ...(timeoutMs !== undefined && { timeoutMs }),
    restart: { ...DEFAULT_RESTART },
    // An explicit number of retries, in the defaults too, means that every failure is retried.
    retry:
      retries === undefined
        ? { ...DEFAULT_RETRY }
        : { ...DEFAULT_RETRY, maxAttempts: retries + 1, scope: "any" },
    backoff: { ...DEFAULT_BACKOFF },
    stopGraceMs: DEFAULT_GRACE_MS,
    logs: { separate: false, maxBytes: DEFAULT_LOG_BYTES },
    hold: false,
    // A copy: a candidate is changed.
    ...(tracking !== undefined && { tracking: structuredClone(tracking) }),
  };
}

/** Fills in the defaults of a container; the environment of this machine is not inherited, as it means little in an image. */
export function completedContainer(kind: Tree, { engine }: Defaults = {}): Tree {
  const { container, environment, ...others } = kind;
  const isInherited = isTree(environment) && environment["policy"] === "inherit";
  const given = isTree(container) ? container : {};
  return {
    ...others,
    type: "container",
    environment: environment === undefined || isInherited ? { policy: "clear" } : environment,
    container: { ...structuredClone(DEFAULT_CONTAINER), ...(engine !== undefined && { engine }), ...given },
  };
}

const COMPLETED: Readonly<Record<Kind["type"], (kind: Tree) => Tree>> = {
  subprocess: (kind) => kind,
  container: completedContainer,
};

export function newCandidate(context: Pick<SubmissionContext, "defaultCwd" | "defaults">): Tree {
  return { labels: {}, annotations: {}, program: {}, parents: {}, spec: defaultSpec(context) };
}

/** The data at the end of a path, or undefined. */
export function getAt(tree: Tree, path: readonly string[]): unknown {
  let at: unknown = tree;
  for (const key of path) at = isTree(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return at;
}

/** Sets the data at the end of a path and creates the mappings on the way; `undefined` deletes it. */
export function setAt(tree: Tree, path: readonly string[], data: unknown): void {
  const last = path.at(-1);
  if (last === undefined) return;
  let at = tree;
  for (const key of path.slice(0, -1)) {
    const next = at[key];
    const below = isTree(next) ? next : {};
    at[key] = below;
    at = below;
  }
  if (data === undefined) delete at[last];
  else at[last] = data;
}

/** True for a mapping. */
export function isTree(data: unknown): data is Tree {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

/** The parents of a task by the end that it waits for, as in the fields. */
export type ParentsAsked = Partial<Record<Exclude<DependencyEnd, "success">, readonly string[]>> & {
  readonly success?: readonly string[] | ParentGroups;
};

/** Converts the parents of fields to those of a draft. */
export function parentReferences(asked: ParentsAsked): ParentReference[] {
  const { success = [] } = asked;
  const groups: ParentGroups = "length" in success ? { allOf: success } : success;
  const all: Partial<Record<DependencyEnd, readonly string[]>> = {
    ...asked,
    success: groups.allOf ?? [],
    oneOf: [...new Set([...(asked.oneOf ?? []), ...(groups.anyOf ?? [])])],
  };
  return PARENT_ENDS.flatMap((when) => (all[when] ?? []).map((reference) => ({ reference, when })));
}

/** Converts the parents of a draft to those of fields. */
export function parentsAsked(references: readonly ParentReference[] = []): ParentsAsked {
  const asked: Partial<Record<DependencyEnd, string[]>> = {};
  for (const { reference, when } of references) asked[when] = [...(asked[when] ?? []), reference];
  return asked;
}
