import type { Command } from "commander";
import { err, ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import { ERRORS, type ErrorCode, EXIT, type Problem, problem } from "../model/errors.ts";
import { FAILURE_CLASSES, FAILURE_CODES } from "../model/failure.ts";
import { matches, type Query } from "../model/query.ts";
import type { Answer, Operation, Target } from "../model/request.ts";
import { isTerminal, type Place, placeOf, STATES, type State } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { readTasks } from "../store/reader.ts";
import type { Context } from "./context.ts";
import { durationFlag } from "./flags.ts";
import { findGroup } from "./groups.ts";
import { perform } from "./perform.ts";
import { findNamed } from "./select.ts";
import { renderProblem } from "./text/problem.ts";
import type { Ended } from "./verbs.ts";

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
  { layout, nowMs }: { readonly layout: Layout; readonly nowMs: number },
): Result<Query | null, Problem> {
  const states = statesOf(flags);
  if (!states.ok) return states;
  const labels: Record<string, string> = {};
  for (const pair of flags.label ?? []) {
    const [, key, value] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
    if (key === undefined || value === undefined)
      return err(problem("USAGE", `Cannot select by label "${pair}": wanted key=value`));
    labels[key] = value;
  }
  const since = flags.since === undefined ? ok(undefined) : durationFlag("since", flags.since);
  if (!since.ok) return since;
  const failure = flags.class === undefined ? ok(undefined) : failureName(flags.class);
  if (!failure.ok) return failure;
  const group = flags.group === undefined ? ok([]) : findGroup(layout, flags.group);
  if (!group.ok) return group;
  const groupId = group.value[0]?.metadata.group?.id;
  const query: Query = {
    ...(groupId !== undefined && { group: groupId }),
    ...(states.value.length > 0 && { states: states.value }),
    ...(flags.name !== undefined && { name: flags.name }),
    ...(flags.slot !== undefined && { slot: flags.slot }),
    ...(Object.keys(labels).length > 0 && { labels }),
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

/** What a verb on several tasks needs to know. */
export interface TargetCall {
  readonly layout: Layout;
  readonly references: readonly string[];
  readonly flags: SelectorFlags;
  /** The tasks that selectors alone are taken from: what the verb can apply to at all. */
  readonly eligible: (task: Task) => boolean;
  /** True where no ended one is eligible: then done/ is not read. */
  readonly isForUnended?: boolean;
  /** Of the members of a sweep; without it the same. */
  readonly eligibleMember?: (task: Task) => boolean;
}

/** The tasks that references name, and those that selectors match; both together must both hold. */
export function targetTasks(context: Context, call: TargetCall): Result<Task[], Problem> {
  const query = queryOf(call.flags, { layout: call.layout, nowMs: context.clock.now() });
  if (!query.ok) return query;
  const { eligible, eligibleMember = eligible } = call;
  if (call.references.length > 0) {
    const found = findNamed(call.layout, call.references);
    if (!found.ok) return found;
    const { tasks, byGroup } = found.value;
    // Who names a sweep means the members that the verb is for, who names a task means it whatever its state.
    return ok(
      tasks.filter(
        (task) => matches(task, query.value ?? {}) && (!byGroup.has(task) || eligibleMember(task)),
      ),
    );
  }
  if (query.value === null && call.flags.all !== true) {
    return err(
      problem(
        "USAGE",
        "Cannot tell which tasks are meant: none is named",
        "name them (12, 3-7, @, a name), or select them (--failed, --state, --label, --group)",
      ),
    );
  }
  const wanted = query.value ?? {};
  const isEligible = wanted.group === undefined ? eligible : eligibleMember;
  return ok(
    readTasks(call.layout, placesOf(wanted, call)).filter(
      (task) => isEligible(task) && matches(task, wanted),
    ),
  );
}

/** Where to look: what a crash left on its way to another folder is among the unended ones. */
function placesOf({ states }: Query, { isForUnended = false }: TargetCall): readonly Place[] {
  const ended = isForUnended ? [] : (states ?? STATES).map(placeOf);
  return [...new Set<Place>(["running", "pending", ...ended])];
}

/** Names a task so that a later epoch of it cannot be hit. */
export function targetOf(task: Task): Target {
  return { id: task.metadata.id, uid: task.metadata.uid, epoch: task.metadata.epoch };
}

/** Performs an operation and tells each target's answer: ids on stdout, troubles on stderr. */
export async function performAndTell(
  context: Context,
  layout: Layout,
  options: {
    readonly operation: Operation;
    readonly json: boolean;
    readonly forgiving?: boolean;
    /** Said on stderr to a person who sees the answers. */
    readonly summary?: (answers: readonly Answer[]) => string;
  },
): Promise<Ended> {
  const performed = await perform(context, layout, options.operation);
  if (!performed.ok) return performed.error;
  if (performed.value === "requested") {
    context.err(
      "stint: requested; the supervisor has not answered yet (it is stopped, or the machine is busy)\n",
    );
    return EXIT.done;
  }
  const exit = tellAnswers(context, performed.value, options);
  if (!options.json && options.summary !== undefined) context.err(options.summary(performed.value));
  return exit;
}

function tellAnswers(
  context: Context,
  answers: readonly Answer[],
  options: { json: boolean; forgiving?: boolean },
): number {
  if (options.json) context.out(`${JSON.stringify(answers)}\n`);
  let exit: number = EXIT.done;
  for (const { id, done, problem: trouble } of answers) {
    if (trouble === undefined) {
      if (!options.json) context.out(`${id} ${done ?? ""}\n`);
      continue;
    }
    const code = trouble.code as ErrorCode;
    if (options.forgiving === true && code === "TASK_LOCKED") continue;
    context.err(
      renderProblem({
        code,
        message: trouble.message,
        ...(trouble.hint !== undefined && { hint: trouble.hint }),
      }),
    );
    exit = Math.max(exit, EXIT[ERRORS[code].exit]);
  }
  return exit;
}

/** True for a task that has not ended. */
export function isUnended(task: Task): boolean {
  return !isTerminal(task.status.state);
}
