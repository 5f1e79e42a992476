import { counted } from "../../lib/counted.ts";
import { typedDuration } from "../../lib/duration.ts";
import { asLines } from "../../lib/printable.ts";
import { rangesOf } from "../../lib/ranges.ts";
import type { Group } from "../../model/group.ts";
import type { Draft } from "../../model/submission.ts";
import type { Task } from "../../model/task.ts";

/** How many members of a sweep are shown before it is queued. */
const SHOWN_MEMBERS = 3;

/** The names of drafts; a sweep is one name. */
export function namesOf(drafts: readonly Draft[]): string[] {
  return drafts.flatMap(({ name, group }) => {
    if (group === undefined) return [name];
    return group.index === 1 ? [group.name] : [];
  });
}

/** The size of each sweep and its first members; empty without a sweep. */
export function describeSweeps(drafts: readonly Draft[]): string {
  const lines: string[] = [];
  for (const { name, group } of drafts) {
    if (group === undefined) continue;
    if (group.index === 1) lines.push(`sweep ${group.name}: ${limits(group)}`);
    if (group.index === group.size && group.size > SHOWN_MEMBERS + 1) lines.push("  …");
    if (group.index <= SHOWN_MEMBERS || group.index === group.size)
      lines.push(`  ${name}  ${valuesText(group.values)}`);
  }
  return asLines(lines);
}

/** One line per queued sweep. */
export function summarizeSweeps(tasks: readonly Task[]): string {
  return tasks
    .flatMap(({ metadata: { group } }) => (group?.index === 1 ? [group] : []))
    .map(
      (group) =>
        `sweep ${group.name}, ${numbersText(group)}: ${limits(group)}. Details: stint show ${group.name}\n`,
    )
    .join("");
}

interface Limited {
  readonly maxParallel?: number | undefined;
  readonly maxFailures?: number | undefined;
  readonly holdAfter?: Group["holdAfter"];
}

function limits(of: Limited & { readonly size: number }): string {
  return [counted(of.size, "member"), ...sweepRules(of)].join(", ");
}

/** What limits the members of a sweep, in words. */
export function sweepRules({ maxParallel, maxFailures, holdAfter }: Limited): string[] {
  return [
    ...(maxParallel === undefined ? [] : [`${maxParallel} at a time`]),
    ...(maxFailures === undefined ? [] : [`cancelled after ${counted(maxFailures, "failure")}`]),
    ...(holdAfter === undefined
      ? []
      : [
          `held after ${counted(holdAfter.failures, "failure")} in a row within ${typedDuration(holdAfter.withinMs)}`,
        ]),
  ];
}

/** The numbers of a sweep's members. */
export function numbersText({ id, size }: { readonly id: number; readonly size: number }): string {
  return size === 1 ? String(id) : `${id}-${id + size - 1}`;
}

/** `lr=0.1 seed=2`. */
export function valuesText(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(" ");
}

function valueText(value: string): string {
  return /^[\w.+:/-]+$/.test(value) ? value : JSON.stringify(value);
}

/** More values of one name are folded. */
const MOST_VALUES = 8;

/** The values of all members by name: `lr=0.1,0.01 seed=1-4`. */
export function sweptText(members: readonly Task[]): string {
  const valuesOf = new Map<string, Set<string>>();
  for (const { metadata } of members)
    for (const [name, value] of Object.entries(metadata.group?.values ?? {}))
      valuesOf.getOrInsertComputed(name, () => new Set()).add(value);
  return [...valuesOf].map(([name, values]) => `${name}=${listText([...values])}`).join(" ");
}

function listText(values: readonly string[]): string {
  const isCounted = values.every((value) => /^(0|[1-9]\d{0,8})$/.test(value));
  const shown = isCounted ? rangesOf(values.map(Number)) : values.map(valueText);
  if (shown.length <= MOST_VALUES) return shown.join(",");
  return `${shown.slice(0, MOST_VALUES - 1).join(",")},…,${shown.at(-1)} (${counted(values.length, "value")})`;
}
