import { askedFor } from "../../intake/asked.ts";
import { localTime } from "../../lib/local-time.ts";
import { shellWord } from "../../lib/shell-text.ts";
import { describeKind, interpreterOf, type Kind } from "../../model/kind.ts";
import { gpusOf } from "../../model/resources.ts";
import type { Retry } from "../../model/retry.ts";
import type { Spec } from "../../model/spec.ts";
import { plainDemand } from "../../plan/demand.ts";
import { describeGpus } from "../../plan/shortage.ts";
import { failText, valuesOf } from "./job-data.ts";
import { describeLimits } from "./limits.ts";
import { hanging } from "./wrap.ts";

/** Names and values of what a task runs and asks for. */
export function specFields(
  spec: Spec,
  {
    labels,
    parents,
    nowMs,
  }: {
    readonly labels: Readonly<Record<string, string>>;
    readonly parents: readonly string[];
    readonly nowMs: number;
  },
): [name: string, value: string][] {
  const gpus = gpusOf(spec.resources);
  const asked = [
    ...askedFor(spec, (instant) => localTime(instant, nowMs)),
    gpus === 0 ? null : describeGpus(plainDemand(spec.resources)),
    describeLimits(spec.limits),
  ].filter((part) => part !== null);
  const interpreter = interpreterOf(spec.kind);
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [
    ["command", describeKind(spec.kind)],
    ...(interpreter === null ? [] : [["runtime", interpreter] as [string, string]]),
    ["folder", spec.kind.cwd],
    ...environmentFields(spec.kind),
    ...(spec.inputs === undefined ? [] : [["inputs", valuesOf(spec.inputs)] as [string, string]]),
    ...(spec.fail === undefined ? [] : [["fails if", failText(spec.fail)] as [string, string]]),
    ...(asked.length > 0 ? [["settings", asked.join(", ")] as [string, string]] : []),
    ["attempts", attemptsOf(spec.retry)],
    ...(parents.length > 0 ? [["after", parents.join(", ")] as [string, string]] : []),
    ...(pairs.length > 0 ? [["labels", pairs.join(" ")] as [string, string]] : []),
  ];
}

/** The variables that the task sets itself; of those from a source, only where they come from. */
function environmentFields({ env, envFrom = [] }: Kind): [name: string, value: string][] {
  const set = Object.entries(env).map(([name, value]) => `${name}=${shellWord(value)}`);
  const from = envFrom.map((source) => ("file" in source ? source.file : source.env.join(" ")));
  return [
    ...(set.length > 0 ? [["env", set.join(" ")] as [string, string]] : []),
    ...(from.length > 0 ? [["envFrom", from.join(", ")] as [string, string]] : []),
  ];
}

/** How often the task is tried, and after which failures. */
function attemptsOf({ maxAttempts, scope, on, onExit }: Retry): string {
  if (maxAttempts === 1) return "1 (no retries)";
  const limit = maxAttempts === 0 ? "no limit" : `up to ${maxAttempts}`;
  const isDefault = scope === "transient" && on === undefined && onExit === undefined;
  return isDefault ? `${limit}, transient failures only` : limit;
}

const NAME_WIDTH = 10;

/** What one copies is not wrapped. */
const COPIED = new Set(["command", "folder", "files"]);

/** A field of the details of something, indented and aligned. */
export function fieldLines(name: string, value: string, columns: number): string[] {
  const width = COPIED.has(name) ? Number.POSITIVE_INFINITY : columns;
  return hanging(`  ${name.padEnd(NAME_WIDTH)}`, value, { columns: width });
}
