import { isTree, type SubmissionContext } from "../intake/candidate.ts";
import { keysOf } from "../intake/task-yaml.ts";
import { formatBytes } from "../lib/bytes.ts";
import { formatDuration } from "../lib/duration.ts";
import { own } from "../lib/own.ts";
import { shellWord } from "../lib/shell-text.ts";
import { changedVariables } from "../model/changed-variables.ts";
import { describeCode } from "../model/code.ts";
import { failureText } from "../model/failure-text.ts";
import { sweepPlaceOf } from "../model/group.ts";
import { describeKind } from "../model/kind.ts";
import { type Packages, packageChanges } from "../model/packages.ts";
import { editsSince } from "../model/spec-edit.ts";
import type { Task } from "../model/task.ts";
import type { Compared } from "./compared.ts";

type Part = "task" | "values" | "code" | "packages" | "environment" | "data" | "outputs" | "metrics" | "end";

/** One thing that differs; null where a side does not have it. Of a variable, no value is told. */
export interface Difference {
  readonly part: Part;
  readonly name: string;
  readonly a: string | null;
  readonly b: string | null;
}

/** What differs between two tasks or attempts, and nothing else. */
export function differencesOf(a: Compared, b: Compared, context: SubmissionContext): Difference[] {
  const sides = [a, b] as const;
  const changed = [
    ...new Set(sides.flatMap(({ task }) => (task.metadata.edits ?? []).flatMap(({ keys }) => keys))),
  ];
  const [keysA, keysB] = sides.map((side) =>
    keysThen(side, flat(keysOf(side.task, { ...context, defaultCwd: "/" })), changed),
  );
  return [
    ...rows("task", keysA, keysB),
    ...rows("values", valuesOf(a.task), valuesOf(b.task)),
    ...rows("code", codeOf(a.task), codeOf(b.task)),
    ...packageRows(a.packages, b.packages),
    ...environmentRows(a.environment, b.environment),
    ...rows("data", dataOf(a), dataOf(b)),
    ...rows("outputs", flat(endedField(a, "outputs")), flat(endedField(b, "outputs"))),
    ...rows("metrics", flat(endedField(a, "metrics")), flat(endedField(b, "metrics"))),
    ...rows("end", endOf(a), endOf(b)),
  ];
}

type Texts = Readonly<Record<string, string>>;

function rows(part: Part, a: Texts = {}, b: Texts = {}): Difference[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].flatMap((name) => {
    const [left, right] = [a[name] ?? null, b[name] ?? null];
    return left === right ? [] : [{ part, name, a: left, b: right }];
  });
}

/**
 * The keys of a task as an attempt ran with them. The record has the values of now alone, and which keys were changed since: the inputs
 * of an attempt are in its folder, of other keys it is told that they had another value.
 */
function keysThen({ task, attempt, inputs }: Compared, now: Texts, changed: readonly string[]): Texts {
  const then: Record<string, string> = { ...now };
  for (const key of changed) {
    const edits =
      attempt === null ? 0 : editsSince(task, attempt).filter(({ keys }) => keys.includes(key)).length;
    const input = /^inputs\.(.*)$/s.exec(key)?.[1];
    const value = input === undefined ? undefined : own(inputs ?? task.spec.inputs ?? {}, input);
    if (value !== undefined) {
      for (const part of ["value", "default"]) delete then[`${key}.${part}`];
      then[key] = textOfValue(value);
    } else if (edits > 0) then[key] = `another value, changed ${edits === 1 ? "" : `${edits} times `}since`;
    else if (key === "run") then[key] ??= describeKind(task.spec.kind);
    else then[key] ??= "as it is now";
  }
  return then;
}

/** Nested keys with dots, and their values as text. */
function flat(tree: unknown, prefix = ""): Texts {
  if (!isTree(tree)) return {};
  return Object.fromEntries(
    Object.entries(tree).flatMap(([key, value]): [string, string][] => {
      const name = prefix === "" ? key : `${prefix}.${key}`;
      if (isTree(value)) return Object.entries(flat(value, name));
      return [[name, textOfValue(value)]];
    }),
  );
}

/** A list of words as one would type it. */
function textOfValue(value: unknown): string {
  if (typeof value === "string") return value;
  const isOfWords = Array.isArray(value) && value.every((one) => typeof one === "string");
  return isOfWords ? value.map(shellWord).join(" ") : JSON.stringify(value);
}

/** Of a sweep. */
function valuesOf({ metadata }: Task): Texts {
  return flat(sweepPlaceOf(metadata)?.values);
}

function codeOf({ metadata: { code } }: Task): Texts {
  if (code === undefined) return {};
  return {
    code: describeCode(code),
    ...(code.branch !== undefined && { branch: code.branch }),
    ...(code.root !== undefined && { tree: code.root }),
  };
}

function packageRows(a: Packages | null, b: Packages | null): Difference[] {
  if (a === null || b === null) return [];
  const interpreter = (of: Packages): Texts => ({
    python: of.python ?? "unknown",
    "in the environment": of.prefix,
  });
  const changes = packageChanges(a.versions, b.versions);
  return [
    ...rows("packages", interpreter(a), interpreter(b)),
    ...changes.map(({ name, before, after }) => ({ part: "packages" as const, name, a: before, b: after })),
  ];
}

/** The names alone: a value may be a secret. */
function environmentRows(a: Compared["environment"], b: Compared["environment"]): Difference[] {
  if (a === null || b === null) return [];
  return changedVariables(a, b).map(({ name, how }) => ({
    part: "environment",
    name,
    a: how === "added" ? null : "set",
    b: { added: "set", removed: null, changed: "another value" }[how],
  }));
}

function dataOf({ attempt }: Compared): Texts {
  return Object.fromEntries(
    Object.entries(attempt?.datasets ?? {}).map(([name, { path, sha256, md5 }]) => [
      name,
      `${path}, ${sha256 ?? md5 ?? "not verified"}`,
    ]),
  );
}

function endedField({ attempt }: Compared, field: "outputs" | "metrics"): unknown {
  return attempt === null || attempt.state === "running" ? undefined : attempt[field];
}

function endOf({ task, attempt }: Compared): Texts {
  if (attempt === null) return { state: task.status.state };
  if (attempt.state === "running") return { state: task.status.state };
  const why = failureText(attempt, task.spec.timeoutMs);
  const { durationMs, peakMemoryBytes, devices } = attempt;
  return {
    state: attempt.state,
    ...(why !== null && { failure: why }),
    ...(attempt.exitCode !== null && { exit: String(attempt.exitCode) }),
    ran: formatDuration(durationMs),
    ...(peakMemoryBytes !== undefined && { "peak memory": formatBytes(peakMemoryBytes) }),
    ...(devices !== undefined && { devices: devices.join(", ") }),
  };
}
