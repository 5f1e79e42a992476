import { err, ok, type Result } from "../../lib/result.ts";
import { type DraftGroup, MAX_GROUP_SIZE } from "../../model/group.ts";
import { called, type Fault, fault } from "../fault.ts";
import { SWEEP_KEYS, SWEEP_LIMITS } from "../keys/sweep.ts";
import { mapping } from "../mapping.ts";
import type { ReadContext } from "../readers.ts";
import { camelCase, type Entry, isUnspecified, NOWHERE, type Value } from "../value.ts";
import { readArray } from "./array.ts";
import { readEach } from "./data-file.ts";
import { readMatrix } from "./matrix.ts";
import { type Member, type MemberKind, withoutTwins } from "./member.ts";
import { tooMany } from "./range.ts";

const KINDS = { matrix: readMatrix, each: readEach, array: readArray } as const satisfies Record<
  MemberKind,
  (value: Value, context: ReadContext) => Result<Member[], Fault[]>
>;
const readLimits = mapping(SWEEP_LIMITS);

/** A sweep as read from one document. */
export interface Sweep {
  readonly kind: MemberKind;
  readonly members: readonly Member[];
  /** Every name that a member has a value for. */
  readonly names: readonly string[];
  readonly limits: Pick<DraftGroup, "maxParallel" | "maxFailures" | "holdAfter">;
}

/** True for a key that belongs to the sweep and not to the single task. */
export function isSweepKey({ key }: Entry): boolean {
  return Object.hasOwn(SWEEP_KEYS, camelCase(key));
}

function kindOf(key: string): MemberKind | null {
  return (Object.keys(KINDS) as MemberKind[]).find((kind) => kind === camelCase(key)) ?? null;
}

function isLimit(key: string): boolean {
  return Object.hasOwn(SWEEP_LIMITS, camelCase(key));
}

/** Reads the keys of a sweep; null where there is none. */
export function readSweep(entries: readonly Entry[], context: ReadContext): Result<Sweep | null, Fault[]> {
  const given = entries.filter(({ value }) => !isUnspecified(value));
  const limited = given.filter(({ key }) => isLimit(key));
  const limits = readLimits({ type: "mapping", path: "", span: NOWHERE, entries: limited }, context);
  const [first, ...others] = given.filter(({ key }) => kindOf(key) !== null);
  const faults = [
    ...(limits.ok ? [] : limits.error),
    ...others.map((other) =>
      fault(
        other.span,
        `${called(other.value)} and ${called(first?.value ?? other.value)} exclude each other, wanted one of matrix, each or array`,
        hintBeside(other.key, first?.key ?? ""),
      ),
    ),
  ];
  const kind = first === undefined ? null : kindOf(first.key);
  if (first === undefined || kind === null) {
    faults.push(
      ...given.map(({ span, value }) =>
        fault(span, `${called(value)} has no effect without a sweep`, NO_SWEEP),
      ),
    );
    return faults.length > 0 ? err(faults) : ok(null);
  }
  const members = withinLimits(KINDS[kind](first.value, context), first.value);
  if (!members.ok) return err([...faults, ...members.error]);
  if (faults.length > 0 || !limits.ok) return err(faults);
  const names = new Set(members.value.flatMap(({ values }) => Object.keys(values)));
  return ok({ kind, members: members.value, names: [...names], limits: limits.value });
}

const NO_SWEEP = "it goes with matrix:, each: or array:";

function hintBeside(one: string, other: string): string {
  return [one, other].includes("each")
    ? "write a column with all combinations into the data file"
    : "write the numbers as a list of the matrix: {index: 1-100}";
}

function withinLimits(members: Result<Member[], Fault[]>, value: Value): Result<readonly Member[], Fault[]> {
  if (!members.ok) return members;
  if (members.value.length > MAX_GROUP_SIZE) return err(tooMany(value, members.value.length));
  return withoutTwins(members.value);
}
