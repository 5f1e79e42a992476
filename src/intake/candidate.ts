import { DEFAULT_BACKOFF } from "../model/backoff.ts";
import { DEFAULT_CONTAINER, type EngineName, type Runtime } from "../model/kind.ts";
import { DEFAULT_RESTART, DEFAULT_RETRY } from "../model/retry.ts";
import { DEFAULT_GRACE_MS, DEFAULT_LOG_BYTES } from "../model/spec.ts";
import type { ReadContext } from "./readers.ts";
import type { Entry } from "./value.ts";

/** Plain nested data under way to a draft; only the schema at the end says that it is one. */
export interface Tree {
  [key: string]: unknown;
}

/** What a home may say once for all of its tasks. */
export interface Defaults {
  readonly timeoutMs?: number;
  /** After the first attempt. */
  readonly retries?: number;
  readonly priority?: number;
  /** Of tasks that ask for nothing of a GPU. */
  readonly gpus?: number;
  /** Of containers. */
  readonly engine?: EngineName;
}

/** Where tasks come from, and what holds where they say nothing. */
export interface SubmissionContext extends ReadContext {
  /** The name that messages show. */
  readonly file: string;
  /** Of a task that has none, and whose command makes none. */
  readonly defaultName: string;
  readonly defaults?: Defaults;
  /** Where data files of sweeps are looked for; absolute. Without it, in the default folder. */
  readonly dataFolder?: string;
  /** Keys of a sweep that flags set, instead of what a document says. */
  readonly sweep?: readonly Entry[];
  /** The flag that set a key, as it is typed: what messages call the key then. */
  readonly flagOf?: ReadonlyMap<string, string>;
}

/** What to run, as the fields have it. */
export interface Program {
  readonly run?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly script?: string;
  readonly runtime?: Runtime;
}

/** The spec of a task that says nothing but what to run. */
export function defaultSpec({
  defaultCwd,
  defaults = {},
}: Pick<SubmissionContext, "defaultCwd" | "defaults">): Tree {
  const { timeoutMs, retries, priority = 0, gpus } = defaults;
  return {
    kind: {
      type: "subprocess",
      cwd: defaultCwd,
      env: {},
      environment: { policy: "inherit" },
      failOnNonZero: true,
    },
    priority,
    resources: { ...(gpus !== undefined && { gpus }) },
    ...(timeoutMs !== undefined && { timeoutMs }),
    restart: { ...DEFAULT_RESTART },
    // A number of retries is an explicit wish wherever it stands: everything is retried.
    retry:
      retries === undefined
        ? { ...DEFAULT_RETRY }
        : { ...DEFAULT_RETRY, maxAttempts: retries + 1, scope: "any" },
    backoff: { ...DEFAULT_BACKOFF },
    stopGraceMs: DEFAULT_GRACE_MS,
    logs: { separate: false, maxBytes: DEFAULT_LOG_BYTES },
    hold: false,
  };
}

/** Fills in what a container has that says nothing of it; the environment of this machine means little in an image. */
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

/** A draft of which nothing is known yet. */
export function newCandidate(context: Pick<SubmissionContext, "defaultCwd" | "defaults">): Tree {
  return { labels: {}, annotations: {}, program: {}, parents: {}, spec: defaultSpec(context) };
}

/** The data at the end of a path, or undefined. */
export function getAt(tree: Tree, path: readonly string[]): unknown {
  let at: unknown = tree;
  for (const key of path) at = isTree(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return at;
}

/** Puts data at the end of a path, making the way; `undefined` takes away what is there. */
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
