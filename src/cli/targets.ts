import { requestOperation } from "../desk/request-operation.ts";
import { findNamed } from "../desk/select.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { ERRORS, type ErrorCode, EXIT, type Problem, problem } from "../model/errors.ts";
import { isWhole } from "../model/outline.ts";
import { matcherOf, matches, type Query } from "../model/query.ts";
import type { Answer, Operation, Target } from "../model/request.ts";
import { directoryOf, isTerminal, STATES, type State, type StateDirectory } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { eachOutline } from "../store/outlines.ts";
import { TaskReader } from "../store/reader.ts";
import type { Ended } from "./command-line/declare.ts";
import type { Context } from "./context.ts";
import { queryOf, type SelectorFlags } from "./selectors.ts";
import { renderProblem } from "./text/problem.ts";

/** Of a million answers not each is written by itself. */
const TOLD_AT_ONCE = 1_000;

/** What a verb on several tasks needs to know. */
export interface TargetCall {
  readonly layout: Layout;
  readonly references: readonly string[];
  readonly flags: SelectorFlags & { readonly all?: true };
  /** The tasks that selectors alone are taken from: what the verb can apply to at all. */
  readonly eligible: (task: Task) => boolean;
  /** The states that eligible ones are in, save members of a sweep: no other folder is looked at. */
  readonly states?: readonly State[];
  /** Of the members of a sweep; without it the same. */
  readonly eligibleMember?: (task: Task) => boolean;
}

/** The tasks that references name, and those that selectors match; both together must both hold. */
export function targetTasks(context: Context, call: TargetCall): Result<Task[], Problem> {
  const progress = context.progress();
  const { onProgress } = progress;
  const query = queryOf(call.flags, { layout: call.layout, nowMs: context.clock.now(), onProgress });
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
  const isMeant = matcherOf(wanted);
  const isEligible = wanted.group === undefined ? eligible : eligibleMember;
  const reader = new TaskReader(call.layout);
  const tasks: Task[] = [];
  const states = statesOf(wanted, call);
  // What a crash left on its way to another folder is among the unended ones.
  const places = new Set<StateDirectory>(["running", "pending", ...states.map(directoryOf)]);
  for (const outline of eachOutline(call.layout, [...places], progress)) {
    if (!states.includes(outline.status.state) || !isMeant(outline)) continue;
    const read = isWhole(outline) ? ok(outline) : reader.read(outline.metadata.id);
    if (read.ok && isEligible(read.value) && matches(read.value, wanted)) tasks.push(read.value);
  }
  progress.clear();
  return ok(tasks);
}

/** In which states a task can be that is meant. */
function statesOf({ states = STATES, group }: Query, call: TargetCall): readonly State[] {
  const eligible =
    group !== undefined && call.eligibleMember !== undefined ? STATES : (call.states ?? STATES);
  return states.filter((state) => eligible.includes(state));
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
  const performed = await requestOperation(context, layout, options.operation);
  if (!performed.ok) return performed.error;
  const { answers, requested } = performed.value;
  let exit: number = EXIT.done;
  if (answers.length > 0 || requested === 0) {
    exit = tellAnswers(context, answers, options);
    if (!options.json && options.summary !== undefined) context.err(options.summary(answers));
  }
  if (requested === 0) return exit;
  const rest = answers.length > 0 ? ` for ${requested} more` : "";
  context.err(
    `stint: requested${rest}; the supervisor has not answered yet (it is stopped, or the machine is busy)\n`,
  );
  return exit;
}

function tellAnswers(
  context: Context,
  answers: readonly Answer[],
  options: { json: boolean; forgiving?: boolean },
): number {
  if (options.json) context.out(`${JSON.stringify(answers)}\n`);
  let exit: number = EXIT.done;
  let lines: string[] = [];
  const tell = (): void => {
    if (lines.length > 0) context.out(lines.join(""));
    lines = [];
  };
  for (const { id, done, problem: trouble } of answers) {
    if (trouble === undefined) {
      if (!options.json) lines.push(`${id} ${done ?? ""}\n`);
      if (lines.length >= TOLD_AT_ONCE) tell();
      continue;
    }
    const code = trouble.code as ErrorCode;
    if (options.forgiving === true && code === "TASK_LOCKED") continue;
    tell();
    context.err(
      renderProblem({
        code,
        message: trouble.message,
        ...(trouble.hint !== undefined && { hint: trouble.hint }),
      }),
    );
    exit = Math.max(exit, EXIT[ERRORS[code].exit]);
  }
  tell();
  return exit;
}

/** True for a task that has not ended. */
export function isUnended(task: Task): boolean {
  return !isTerminal(task.status.state);
}
