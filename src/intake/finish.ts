import { basename } from "node:path";
import { own } from "../lib/own.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Backoff } from "../model/backoff.ts";
import { hasReference } from "../model/expansion.ts";
import type { AnyMode } from "../model/kind.ts";
import { gpusOf, type Resources } from "../model/resources.ts";
import { checkDraft, type Draft, type DraftFault } from "../model/submission.ts";
import { applyFields } from "./apply.ts";
import {
  completedContainer,
  getAt,
  newCandidate,
  type ParentsAsked,
  type Program,
  parentReferences,
  type SubmissionContext,
  setAt,
  type Tree,
} from "./candidate.ts";
import { called, type Fault, fault, isFlag } from "./fault.ts";
import type { FieldAssignment } from "./field-assignments.ts";
import { FIELDS } from "./fields.ts";
import { modeOf, programClashes, withoutFollowers } from "./program.ts";
import { programName } from "./program-name.ts";
import { completeBackoff } from "./retry-readers.ts";
import { portFaults } from "./service-ports.ts";
import { type Entry, NOWHERE, type Span } from "./value.ts";

/** Everything a draft is made from. */
export interface Making {
  /** Is changed. */
  readonly candidate: Tree;
  readonly given: readonly FieldAssignment[];
  readonly context: SubmissionContext;
  /** The place of faults of the task as a whole. */
  readonly span: Span;
}

/** Reads the fields into the candidate, applies the rules that involve several of them, and validates the result. */
export function makeDraft({ candidate, given, context, span }: Making): Result<Draft, Fault[]> {
  const before = getAt(candidate, ["spec", "kind", "mode"]) as AnyMode | undefined;
  const backoffBefore = getAt(candidate, ["spec", "backoff"]) as Backoff;
  const backoffBase = { ...backoffBefore };
  const faults = applyFields(candidate, given, context);
  const { program, parents, ...rest } = candidate;
  const clashes = programClashes(given);
  faults.push(...clashes, ...applyContainer(candidate, given, context));
  const image = getAt(candidate, ["spec", "kind", "container", "image"]) as string | undefined;
  // A program that could not be read exists all the same: "nothing to run" would be a second, false fault.
  const isReadable = given.every(
    ({ field }) => field.to[0] !== "program" || getAt(candidate, field.to) !== undefined,
  );
  // An image may have no bash.
  const shell = (image === undefined ? context.defaults?.runtime : undefined) ?? "sh";
  const mode =
    isReadable && clashes.length === 0
      ? modeOf(program as Program, { given, before, span, image, shell })
      : err([]);
  if (faults.length > 0 || !mode.ok) return err([...faults, ...(mode.ok ? [] : mode.error)]);
  applyExpansion(candidate, given);
  applyRetries(candidate, given);
  applyBackoff(candidate, given, backoffBase);
  applyGpus(candidate, given, context);
  const useless = uselessFields(candidate, given);
  if (useless.length > 0) return err(useless);
  setAt(candidate, ["spec", "kind", "mode"], mode.value);
  const portless = portFaults(candidate, span);
  if (portless.length > 0) return err(portless);
  const name = candidate["name"] ?? programName(wordsOf(mode.value, image ?? ""), context.defaultName);
  const asked = parentReferences(parents as ParentsAsked);
  const checked = checkDraft({
    ...rest,
    name,
    spec: candidate["spec"],
    ...(asked.length > 0 && { parents: asked }),
  });
  return checked.ok ? checked : err(checked.error.map((one) => schemaFault(one, given, span)));
}

/** An image makes the task a container; keys of containers are faults without an image. */
function applyContainer(
  candidate: Tree,
  given: readonly FieldAssignment[],
  { defaults }: SubmissionContext,
): Fault[] {
  const kind = getAt(candidate, ["spec", "kind"]) as Tree;
  if (kind["container"] === undefined) return [];
  const first = given.find(({ field }) => field.kind === "container");
  if (getAt(kind, ["container", "image"]) === undefined) {
    // An image that could not be read is a fault already.
    if (first === undefined || given.some(({ key }) => key === "container.image")) return [];
    const message = `${called(first.entry.value)} needs an image, wanted container: {image: NAME}`;
    return [fault(first.entry.span, message)];
  }
  const isInherited = getAt(kind, ["environment", "policy"]) === "inherit";
  setAt(candidate, ["spec", "kind"], completedContainer(kind, defaults));
  return given.flatMap(({ key, field, entry }) => {
    const isInherit = key === "environment" && entry.value.type === "scalar" && isInherited;
    if (field.kind !== "subprocess" && !isInherit) return [];
    const hint = isInherit ? "name the variables: environment: [HF_TOKEN]" : undefined;
    return [fault(entry.span, `${called(entry.value)} has no effect in a container`, hint)];
  });
}

/** Notes which values of `env` are expanded at the start: those of flags are not, as a shell has read them already. */
function applyExpansion(candidate: Tree, given: readonly FieldAssignment[]): void {
  const path = ["spec", "kind", "expands"];
  const env = getAt(candidate, ["spec", "kind", "env"]) as Readonly<Record<string, string>>;
  const names = new Set(getAt(candidate, path) as string[] | undefined);
  for (const { key, child, entry } of given) {
    if (key !== "env") continue;
    for (const name of child === undefined ? Object.keys(env) : [child]) {
      if (entry.span !== NOWHERE && hasReference(name, own(env, name) ?? "")) names.add(name);
      else names.delete(name);
    }
  }
  const kept = [...names].filter((name) => Object.hasOwn(env, name));
  setAt(candidate, path, kept.length === 0 ? undefined : kept);
}

/** An explicit number of attempts means that any failure is retried, unless the task sets the scope. */
function applyRetries(candidate: Tree, given: readonly FieldAssignment[]): void {
  const isSaid = (key: string): boolean => given.some((one) => one.key === key);
  if ((isSaid("retries") || isSaid("retry.maxAttempts")) && !isSaid("retry.scope"))
    setAt(candidate, ["spec", "retry", "scope"], "any");
}

function applyBackoff(candidate: Tree, given: readonly FieldAssignment[], base: Backoff): void {
  const now = getAt(candidate, ["spec", "backoff"]) as Backoff;
  const isSaid = (key: string): boolean => given.some((one) => one.key === `backoff.${key}`);
  const whereSaid = {
    ...now,
    firstMs: isSaid("first") ? now.firstMs : undefined,
    maxMs: isSaid("max") ? now.maxMs : undefined,
  };
  setAt(candidate, ["spec", "backoff"], completeBackoff(whereSaid, base));
}

/** A task that describes a GPU wants one: a default number of the home does not apply. */
function applyGpus(
  candidate: Tree,
  given: readonly FieldAssignment[],
  { defaults }: SubmissionContext,
): void {
  const wanted = getAt(candidate, ["spec", "resources"]) as Resources;
  const { gpus, ...others } = wanted;
  const isDefault = gpus === 0 || gpus === defaults?.gpus;
  if (isDefault && !given.some(({ key }) => key === "gpus") && gpusOf(others) > 0)
    setAt(candidate, ["spec", "resources"], others);
}

/** Keys that can have no effect are faults, as their author would never notice. */
function uselessFields(candidate: Tree, given: readonly FieldAssignment[]): Fault[] {
  const { resources } = candidate["spec"] as { resources: Resources };
  const { gpus, ...others } = resources;
  const isThere = (key: string): boolean => getAt(candidate, FIELDS[key]?.to ?? []) !== undefined;
  return given.flatMap(({ key, field: { needs, notWith }, entry }) => {
    if (needs !== undefined && !needs.some(isThere)) return [withoutNeeded(entry, needs)];
    if (notWith !== undefined && isThere(notWith)) {
      const other = given.find((one) => one.key === notWith);
      const beside = other === undefined ? `"${notWith}"` : called(other.entry.value);
      const message = `${called(entry.value)} has no effect beside ${beside}, wanted one of them`;
      return [fault(entry.span, message)];
    }
    if (key === "gpus" && gpus === 0 && gpusOf(others) > 0) {
      const names = given
        .filter((other) => /^(vram|gpu[A-Z])/.test(other.key))
        .map((other) => called(other.entry.value));
      return [fault(entry.span, `${called(entry.value)} is 0, but ${names.join(", ")} asks for one`)];
    }
    return [];
  });
}

function withoutNeeded({ span, value }: Entry, needs: readonly string[]): Fault {
  const first = needs[0] ?? "";
  const placeholder = FIELDS[first]?.flag?.placeholder ?? "…";
  const names = needs.map((key) => (isFlag(value.path) ? `--${key}` : `"${key}"`)).join(" or ");
  const hint = isFlag(value.path)
    ? `add --${first} ${placeholder}`
    : `write ${first}: ${placeholder} beside it`;
  return fault(span, `${called(value)} has no effect without ${names}`, hint);
}

/** The words of the program; of a script, those of its first line that does something. */
function wordsOf(mode: AnyMode, image: string): string[] {
  switch (mode.type) {
    case "command":
      return [mode.command, ...mode.args];
    case "script":
      return firstWork(mode.body).split(/\s+/);
    case "image":
      // Without its registry, tag and digest.
      return [basename(image).split(/[:@]/, 1)[0] ?? "", ...mode.args];
  }
}

function firstWork(body: string): string {
  return (
    body
      .split("\n", 50)
      .find(
        (line) => line.trim() !== "" && !line.trimStart().startsWith("#") && !/^\s*set\s+[-+]/.test(line),
      ) ?? ""
  );
}

/** A fault of the schema, located at the key that set the value. */
function schemaFault({ path, message }: DraftFault, given: readonly FieldAssignment[], span: Span): Fault {
  const at = path.join("\0");
  const culprit = given.findLast(({ field }) => {
    const to = field.to.join("\0");
    return at === to || at.startsWith(`${to}\0`) || to.startsWith(`${at}\0`);
  });
  const value = culprit?.entry.value ?? { path: path.join("."), span };
  return fault(value.span, `${called(value)}: ${message}`);
}

/** Makes the draft of fields without a sweep. */
export function singleDraft(
  { given, faults }: { readonly given: readonly FieldAssignment[]; readonly faults: readonly Fault[] },
  {
    context,
    span,
    candidate = newCandidate(context),
  }: { readonly context: SubmissionContext; readonly span: Span; readonly candidate?: Tree },
): Result<Draft[], Fault[]> {
  const draft = makeDraft({ candidate, given, context, span });
  const all = withoutFollowers(faults, draft.ok ? [] : draft.error);
  return draft.ok && all.length === 0 ? ok([draft.value]) : err(all);
}
