import type { Command } from "commander";
import { err, ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import { type Problem, problem } from "../model/errors.ts";
import { FAILURE_CLASSES, FAILURE_CODES } from "../model/failure.ts";
import type { Query } from "../model/query.ts";
import { STATES, type State } from "../model/state.ts";
import type { Layout } from "../store/layout.ts";
import type { LookOptions } from "../store/outlines.ts";
import { durationFlag } from "./flags.ts";
import { findGroup } from "./groups.ts";

/** The selector flags, as commander gives them. */
export interface SelectorFlags {
  readonly state?: string[];
  readonly failed?: true;
  readonly class?: string;
  readonly label?: string[];
  readonly name?: string;
  readonly since?: string;
  readonly slot?: string;
  readonly group?: string;
  readonly all?: true;
}

/** Declares the flags that select tasks by what they are. */
export function declareSelectors(command: Command): Command {
  return command
    .option("--state <state...>", "in one of these states")
    .option("--failed", "failed ones (in dead-letter/)")
    .option("--class <class>", "by failure class or code, like gpu-oom")
    .option("--label <key=value...>", "with these labels")
    .option("--name <pattern>", "of this name; * stands for anything")
    .option("--since <duration>", "changed within this time, like 12h")
    .option("--slot <name>", "in this lane")
    .option("--group <sweep>", "members of a sweep, by its name or a number");
}

/** Turns selector flags into a query; null where none was given. */
export function queryOf(
  flags: SelectorFlags,
  {
    layout,
    nowMs,
    ...options
  }: { readonly layout: Layout; readonly nowMs: number } & Pick<LookOptions, "onProgress">,
): Result<Query | null, Problem> {
  const states = statesOf(flags);
  if (!states.ok) return states;
  const labels = new Map<string, string>();
  for (const pair of flags.label ?? []) {
    const [, key, value] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
    if (key === undefined || value === undefined)
      return err(problem("USAGE", `Cannot select by label "${pair}": wanted key=value`));
    labels.set(key, value);
  }
  const since = flags.since === undefined ? ok(undefined) : durationFlag("since", flags.since);
  if (!since.ok) return since;
  const failure = flags.class === undefined ? ok(undefined) : failureName(flags.class);
  if (!failure.ok) return failure;
  const group = flags.group === undefined ? ok([]) : findGroup(layout, flags.group, options);
  if (!group.ok) return group;
  const groupId = group.value[0]?.metadata.group?.id;
  const query: Query = {
    ...(groupId !== undefined && { group: groupId }),
    ...(states.value.length > 0 && { states: states.value }),
    ...(flags.name !== undefined && { name: flags.name }),
    ...(flags.slot !== undefined && { slot: flags.slot }),
    ...(labels.size > 0 && { labels: Object.fromEntries(labels) }),
    ...(failure.value !== undefined && { failure: failure.value }),
    ...(since.value !== undefined && { sinceMs: nowMs - since.value }),
  };
  return ok(Object.keys(query).length === 0 ? null : query);
}

function statesOf(flags: SelectorFlags): Result<State[], Problem> {
  const states: State[] = flags.failed ? ["failed"] : [];
  for (const word of flags.state ?? []) {
    const wanted = word === "canceled" ? "cancelled" : word;
    const state = STATES.find((candidate) => candidate === wanted);
    if (state === undefined) {
      return err(
        problem(
          "USAGE",
          `Cannot select by state "${word}": there is none of that name`,
          `the states are ${STATES.join(", ")}`,
        ),
      );
    }
    states.push(state);
  }
  return ok(states);
}

function failureName(text: string): Result<string, Problem> {
  const normal = text.replaceAll("-", "_").toLowerCase();
  const names = [...FAILURE_CLASSES, ...FAILURE_CODES.map((code) => code.toLowerCase())];
  if (names.includes(normal)) return ok(normal);
  const near = closest(normal, names);
  const hint =
    near === null
      ? `classes: ${FAILURE_CLASSES.join(", ")}; codes: ${FAILURE_CODES.join(", ")}`
      : `did you mean "${near}"?`;
  return err(
    problem("USAGE", `Cannot select by class "${text}": there is no such failure class or code`, hint),
  );
}
