import { basename } from "node:path";
import { err, type Result } from "../lib/result.ts";
import type { Backoff } from "../model/backoff.ts";
import { nameFrom } from "../model/identity.ts";
import type { AnyMode } from "../model/kind.ts";
import { gpusOf, type Resources } from "../model/resources.ts";
import { checkDraft, type Draft, type DraftFault } from "../model/submission.ts";
import { applyFields, fieldOf } from "./apply.ts";
import {
  completedContainer,
  getAt,
  type Program,
  type SubmissionContext,
  setAt,
  type Tree,
} from "./candidate.ts";
import { called, type Fault, fault } from "./fault.ts";
import type { FieldAssignment } from "./field-assignments.ts";
import { FIELDS } from "./fields.ts";
import { type ParentsAsked, parentReferences } from "./parents.ts";
import { modeOf, programClashes } from "./program.ts";
import { completeBackoff } from "./retry-readers.ts";
import type { Span } from "./value.ts";

/** Everything a draft is made from. */
export interface Making {
  /** Changed on the way. */
  readonly candidate: Tree;
  readonly given: readonly FieldAssignment[];
  readonly context: SubmissionContext;
  /** Where faults of the task as a whole are said to be. */
  readonly span: Span;
}

/** Reads the fields into the candidate, settles what hangs on several of them, and holds the whole against the schema. */
export function makeDraft({ candidate, given, context, span }: Making): Result<Draft, Fault[]> {
  const before = getAt(candidate, ["spec", "kind", "mode"]) as AnyMode | undefined;
  const backoffBefore = getAt(candidate, ["spec", "backoff"]) as Backoff;
  const backoffBase = { ...backoffBefore };
  const faults = applyFields(candidate, given, context);
  const { program, parents, ...rest } = candidate;
  const clashes = programClashes(given);
  faults.push(...clashes, ...settleContainer(candidate, given, context));
  const image = getAt(candidate, ["spec", "kind", "container", "image"]) as string | undefined;
  // A program that could not be read was given all the same: "nothing to run" would be a second, false complaint.
  const isReadable = given.every(
    (one) => fieldOf(one).to[0] !== "program" || getAt(candidate, fieldOf(one).to) !== undefined,
  );
  const mode =
    isReadable && clashes.length === 0 ? modeOf(program as Program, { given, before, span, image }) : err([]);
  if (faults.length > 0 || !mode.ok) return err([...faults, ...(mode.ok ? [] : mode.error)]);
  settleRetries(candidate, given);
  settleBackoff(candidate, given, backoffBase);
  settleGpus(candidate, given, context);
  const useless = uselessFields(candidate, given);
  if (useless.length > 0) return err(useless);
  setAt(candidate, ["spec", "kind", "mode"], mode.value);
  const name = candidate["name"] ?? nameOf(mode.value, { image, defaultName: context.defaultName });
  const asked = parentReferences(parents as ParentsAsked);
  const checked = checkDraft({
    ...rest,
    name,
    spec: candidate["spec"],
    ...(asked.length > 0 && { parents: asked }),
  });
  return checked.ok ? checked : err(checked.error.map((one) => schemaFault(one, given, span)));
}

/** An image makes a container of the task; what belongs to a container alone is idle without one. */
function settleContainer(
  candidate: Tree,
  given: readonly FieldAssignment[],
  { defaults }: SubmissionContext,
): Fault[] {
  const kind = getAt(candidate, ["spec", "kind"]) as Tree;
  if (kind["container"] === undefined) return [];
  const first = given.find((one) => fieldOf(one).kind === "container");
  if (getAt(kind, ["container", "image"]) === undefined) {
    // One that could not be read was complained of already.
    if (first === undefined || given.some(({ key }) => key === "container.image")) return [];
    const message = `${called(first.entry.value)} stands without an image, wanted container: {image: NAME}`;
    return [fault(first.entry.span, message)];
  }
  const isInherited = getAt(kind, ["environment", "policy"]) === "inherit";
  setAt(candidate, ["spec", "kind"], completedContainer(kind, defaults));
  return given.flatMap((one) => {
    const { key, entry } = one;
    const isInherit = key === "environment" && entry.value.type === "scalar" && isInherited;
    if (fieldOf(one).kind !== "subprocess" && !isInherit) return [];
    const hint = isInherit ? "name the variables: environment: [HF_TOKEN]" : undefined;
    return [fault(entry.span, `${called(entry.value)} has no use in a container`, hint)];
  });
}

/** An explicit number of attempts widens what is retried, unless the task says what. */
function settleRetries(candidate: Tree, given: readonly FieldAssignment[]): void {
  const isSaid = (key: string): boolean => given.some((one) => one.key === key);
  if ((isSaid("retries") || isSaid("retry.maxAttempts")) && !isSaid("retry.scope"))
    setAt(candidate, ["spec", "retry", "scope"], "any");
}

function settleBackoff(candidate: Tree, given: readonly FieldAssignment[], base: Backoff): void {
  const now = getAt(candidate, ["spec", "backoff"]) as Backoff;
  const isSaid = (key: string): boolean => given.some((one) => one.key === `backoff.${key}`);
  const whereSaid = {
    ...now,
    firstMs: isSaid("first") ? now.firstMs : undefined,
    maxMs: isSaid("max") ? now.maxMs : undefined,
  };
  setAt(candidate, ["spec", "backoff"], completeBackoff(whereSaid, base));
}

/** A task that says what a GPU must be like wants one: a number that is only the home's default gives way. */
function settleGpus(
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

/** What is said and could never have an effect is a slip, of which its author would learn from nothing that happens. */
function uselessFields(candidate: Tree, given: readonly FieldAssignment[]): Fault[] {
  const { resources } = candidate["spec"] as { resources: Resources };
  const { gpus, ...wishes } = resources;
  return given.flatMap((one) => {
    const { key, entry } = one;
    const { needs } = fieldOf(one);
    if (needs !== undefined && getAt(candidate, FIELDS[needs]?.to ?? []) === undefined)
      return [
        fault(
          entry.span,
          `${called(entry.value)} has no use without "${needs}"`,
          `write ${needs}: ${FIELDS[needs]?.flag?.placeholder ?? "…"} beside it`,
        ),
      ];
    if (key === "gpus" && gpus === 0 && gpusOf(wishes) > 0)
      return [fault(entry.span, `${called(entry.value)} is 0, and other keys say what a GPU must be like`)];
    return [];
  });
}

/** A name out of what is run: the last parts of paths, for a script its first line that does something. */
function nameOf(
  mode: AnyMode,
  { image = "", defaultName }: { image: string | undefined; defaultName: string },
): string {
  const words = wordsOf(mode, image);
  const name = nameFrom(words.map((word) => basename(word)).join(" "));
  return name === "task" ? nameFrom(defaultName) : name;
}

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

/** What only the schema saw, said at the key that brought it. */
function schemaFault({ path, message }: DraftFault, given: readonly FieldAssignment[], span: Span): Fault {
  const at = path.join("\0");
  const culprit = given.findLast((one) => {
    const to = fieldOf(one).to.join("\0");
    return at === to || at.startsWith(`${to}\0`) || to.startsWith(`${at}\0`);
  });
  const value = culprit?.entry.value ?? { path: path.join("."), span };
  return fault(value.span, `${called(value)}: ${message}`);
}
