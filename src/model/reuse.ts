import { err, ok, type Result } from "../lib/result.ts";
import { sha256 } from "../lib/sha256.ts";
import type { Code } from "./code.ts";
import { type SweepPlace, sweepPlaceOf } from "./group.ts";
import { containerOf } from "./kind.ts";
import type { Spec } from "./spec.ts";
import type { Draft } from "./submission.ts";
import { lastEnded, type Task } from "./task.ts";

/*
 * What decides the result of a task with `reuse`, as a fingerprint: two tasks with the same one do the same work. It is computed from the
 * record each time, so that no edit leaves an old one behind. All of the spec counts but the keys below, a key that is added later too.
 * Where something that decides the result is not fixed when the task is submitted, there is no fingerprint, and the task is run.
 */

/** Where, when and how often a task runs, and what people call it. What of the last four matters is in `whyNone`, or in another key. */
const NO_PART = [
  "priority",
  "resources",
  "limits",
  "slot",
  "admission",
  "unique",
  "key",
  "rerun",
  "reuse",
  "onParentFailure",
  "runnerSelector",
  "timeoutMs",
  "queueTtlMs",
  "restart",
  "retry",
  "backoff",
  "stop",
  "stopGraceMs",
  "logs",
  "notBefore",
  "hold",
  "on",
  "preflight",
  "topic",
  "attributes",
  "inputSpecs",
  "templates",
  "provenance",
  "code",
  "tracking",
] as const satisfies readonly (keyof Spec)[];

/** What a fingerprint is made of. */
interface Work {
  readonly spec: Spec;
  readonly code: Code | undefined;
  readonly place: SweepPlace | null;
  readonly hasParents: boolean;
}

/** No key of a user has the mark. */
const MARK = "reuse#";
export const FINGERPRINT_KEY = /^reuse#[0-9a-f]{64}$/;

/** True of a key that is a fingerprint. */
export function isFingerprint(key: string): boolean {
  return key.startsWith(MARK);
}

/** A key in a sentence: `has …`. */
export function describeKey(key: string): string {
  return isFingerprint(key) ? "the same inputs, code and data" : `the key ${key}`;
}

/** The key of the work of a task: its own, or with `reuse` its fingerprint; undefined for none. */
export function workKeyOf(task: Task): string | undefined {
  if (task.spec.reuse !== true) return task.spec.key;
  const found = reuseOf(task);
  return found.ok ? `${MARK}${found.value}` : undefined;
}

/** The same of a draft, whose code is known. */
export function workKeyOfDraft(draft: Draft, code: Code | undefined): string | undefined {
  if (draft.spec.reuse !== true) return draft.spec.key;
  const found = reuseOfDraft(draft, code);
  return found.ok ? `${MARK}${found.value}` : undefined;
}

/** A record is never changed, but replaced. */
const known = new WeakMap<Task, Result<string, string>>();

/** The fingerprint of a task; the error says why it has none. */
export function reuseOf(task: Task): Result<string, string> {
  const before = known.get(task);
  if (before !== undefined) return before;
  const { spec, metadata } = task;
  const hasParents = (spec.after ?? []).length > 0;
  const found = fingerprintOf({ spec, code: metadata.code, place: sweepPlaceOf(metadata), hasParents });
  known.set(task, found);
  return found;
}

/** The same of a draft. */
export function reuseOfDraft(draft: Draft, code: Code | undefined): Result<string, string> {
  const { spec, group, parents = [], copiedMember } = draft;
  const place =
    group === undefined
      ? (copiedMember ?? null)
      : { ...(group.of ?? { index: group.index, size: group.size }), values: group.values };
  return fingerprintOf({ spec, code, place, hasParents: parents.length + (spec.after ?? []).length > 0 });
}

/** The key with which a task has succeeded; undefined for none. */
export function doneKeyOfTask(task: Task): string | undefined {
  if (task.status.state !== "completed") return undefined;
  return task.spec.reuse === true && !isSound(task) ? undefined : workKeyOf(task);
}

/** False where its data changed while it ran, or a result of it was not collected. */
function isSound(task: Task): boolean {
  const { datasets = {}, notes = [] } = lastEnded(task) ?? {};
  return notes.length === 0 && Object.values(datasets).every(({ warning }) => warning === undefined);
}

function fingerprintOf(work: Work): Result<string, string> {
  const why = whyNone(work);
  if (why !== null) return err(why);
  const { code, place } = work;
  const { kind, ...others } = work.spec;
  const spec = Object.fromEntries(
    Object.entries(others).filter(([key]) => !(NO_PART as readonly string[]).includes(key)),
  );
  // The submitter's umask is noted when the task is queued.
  const { umask: _umask, ...program } = { umask: undefined, ...kind };
  return ok(sha256(canonical({ form: 1, program, spec, place, tree: code?.tree, folder: code?.folder })));
}

/** JSON in one order of the keys, whichever they were written in. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  );
}

/** What is not fixed of what decides the result, as a clause; null where all is. */
function whyNone({ spec, code, hasParents }: Work): string | null {
  if (hasParents) return "it waits for other tasks, whose results are not fixed";
  if (spec.service !== undefined) return "it is a service";
  if (spec.code?.mode !== "snapshot") return "its code is not fixed, wanted code: snapshot";
  if (code?.tree === undefined) return "its code has no snapshot";
  if (spec.code.link !== undefined && spec.code.link.length > 0)
    return `the content of ${spec.code.link[0]}, which it links, is not fixed, wanted datasets`;
  return whyOpenData(spec) ?? whyOpenProgram(spec);
}

function whyOpenData({
  datasets = {},
  snapshot,
  provenance,
  inputs = {},
  inputSpecs = {},
}: Spec): string | null {
  for (const [name, { sha256: sum, verify }] of Object.entries(datasets)) {
    if (sum === undefined) return `the data set ${name} has no sha256: stint pin writes it into the file`;
    if (verify === "never") return `the data set ${name} is not verified`;
  }
  if (snapshot !== undefined) return `what the snapshot ${snapshot} names is not fixed, wanted datasets`;
  if (provenance === "bestEffort") return "with provenance: bestEffort it may run with other data";
  const path = Object.keys(inputs).find((name) => {
    const type = Object.hasOwn(inputSpecs, name) ? inputSpecs[name]?.type : undefined;
    return type === "file" || type === "dir";
  });
  return path === undefined ? null : `the content of its input ${path} is not fixed, wanted datasets`;
}

function whyOpenProgram({ kind }: Spec): string | null {
  const source = (kind.envFrom ?? []).find((one) => "file" in one);
  if (source !== undefined) return `its variables from ${source.file} are not fixed`;
  const [name] = kind.expands ?? [];
  if (name !== undefined) return `its variable ${name} refers to others, which are not fixed`;
  const container = containerOf(kind);
  if (container === null) return null;
  if (!/@sha256:[0-9a-f]{64}$/.test(container.image))
    return `the image ${container.image} is not fixed, wanted NAME@sha256:DIGEST`;
  if (container.volumes.length > 0) return "the content of its volumes is not fixed, wanted datasets";
  return container.unsafe.length > 0 ? "what its unsafe flags do is not fixed" : null;
}
