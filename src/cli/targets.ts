import { requestOperation } from "../desk/request-operation.ts";
import { findNamed } from "../desk/select.ts";
import { unanswered } from "../desk/targets.ts";
import { oneLine } from "../lib/printable.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { ERRORS, type ErrorCode, EXIT, type Problem, problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import { isWhole } from "../model/outline.ts";
import { matcherOf, matches, type Query } from "../model/query.ts";
import type { Answer, Operation } from "../model/request.ts";
import { directoryOf, isTerminal, STATES, type State, type StateDirectory } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { eachOutline } from "../store/outlines.ts";
import { TaskReader } from "../store/reader.ts";
import type { Ended } from "./command-line/declare.ts";
import type { Context } from "./context.ts";
import { queryOf, type SelectorFlags } from "./selectors.ts";
import { keptProblems } from "./text/cleanup.ts";
import { isSummed, summaryLine } from "./text/many.ts";
import { renderProblem } from "./text/problem.ts";

/** A write for each of a million answers would be slow. */
const LINES_PER_WRITE = 1_000;

/** How a verb on several tasks selects them. */
export interface TargetCall {
  readonly layout: Layout;
  readonly references: readonly string[];
  readonly flags: SelectorFlags & { readonly all?: true };
  /** The tasks that the verb can apply to; selectors without a named task choose among these. */
  readonly eligible: (task: Task) => boolean;
  /** The verb changes nothing: of several ended tasks or sweeps with a name it takes the newest, and says so. */
  readonly isReadOnly?: true;
  /** The states of eligible tasks, except members of a sweep; only their folders are read. */
  readonly states?: readonly State[];
  /** The same for members of a sweep; default: `eligible`. */
  readonly eligibleMember?: (task: Task) => boolean;
}

/** The tasks that references name and selectors match; given both, a task must fulfil both. */
export function targetTasks(context: Context, call: TargetCall): Result<Task[], Problem> {
  const progress = context.progress();
  const { onProgress } = progress;
  const tellNewest = call.isReadOnly === true ? newestTold(context) : undefined;
  const query = queryOf(call.flags, {
    layout: call.layout,
    nowMs: context.clock.now(),
    onProgress,
    tellNewest,
  });
  if (!query.ok) return query;
  const { eligible, eligibleMember = eligible } = call;
  if (call.references.length > 0) {
    const found = findNamed(call.layout, call.references, tellNewest);
    if (!found.ok) return found;
    const { tasks, byGroup } = found.value;
    // The name of a sweep stands for its eligible members; the name of a task for that task, whatever its state.
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
        "Cannot read the command line: no task is named or selected",
        "name them (12, 3-7, @, a name), or select them (--failed, --state, --label, --group)",
      ),
    );
  }
  const wanted = query.value ?? {};
  const isMatch = matcherOf(wanted);
  const isEligible = (wanted.group ?? wanted.openGroup) === undefined ? eligible : eligibleMember;
  const reader = new TaskReader(call.layout);
  const tasks: Task[] = [];
  const states = statesOf(wanted, call);
  // A crash may have left a task that has ended in running/ or pending/.
  const places = new Set<StateDirectory>(["running", "pending", ...states.map(directoryOf)]);
  for (const outline of eachOutline(call.layout, [...places], progress)) {
    if (!states.includes(outline.status.state) || !isMatch(outline)) continue;
    const read = isWhole(outline) ? ok(outline) : reader.read(outline.metadata.id);
    if (read.ok && isEligible(read.value) && matches(read.value, wanted)) tasks.push(read.value);
  }
  progress.clear();
  return ok(tasks);
}

/** Says on stderr that a name stands for the newest of several. */
export function newestTold(context: Pick<Context, "err">): (note: string) => void {
  return (note) => context.err(`stint: ${oneLine(note)}\n`);
}

/** The states in which a matching task can be. */
function statesOf({ states = STATES, group, openGroup }: Query, call: TargetCall): readonly State[] {
  const eligible =
    (group ?? openGroup) !== undefined && call.eligibleMember !== undefined
      ? STATES
      : (call.states ?? STATES);
  return states.filter((state) => eligible.includes(state));
}

/** Requests an operation and prints the answer for each target: ids on stdout, problems on stderr. */
export async function performAndTell(
  context: Context,
  layout: Layout,
  options: {
    readonly operation: Operation;
    readonly json: boolean;
    readonly forgiving?: boolean;
    /** True where the tasks were named: to keep one is to refuse it. */
    readonly areNamed?: boolean;
    /** Printed on stderr after the answers, unless these are JSON. */
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
  context.err(
    renderProblem(unanswered(answers.length > 0 ? ` for ${requested} tasks` : ""), context.columns()),
  );
  return Math.max(exit, EXIT[ERRORS.UNANSWERED.exit]);
}

function tellAnswers(
  context: Context,
  answers: readonly Answer[],
  options: { json: boolean; forgiving?: boolean; areNamed?: boolean; summary?: unknown },
): number {
  if (options.json) context.out(`${JSON.stringify(answers)}\n`);
  const succeeded = answers.filter(({ problem: refused, kept }) => (refused ?? kept) === undefined);
  const isShort = !options.json && isSummed(succeeded.length, context);
  let exit: number = EXIT.done;
  let lines: string[] = [];
  const tell = (): void => {
    if (lines.length > 0) context.out(lines.join(""));
    lines = [];
  };
  for (const { id, done, kept, problem: refused } of answers) {
    if (kept !== undefined) continue;
    if (refused === undefined) {
      if (!options.json && !isShort) lines.push(`${oneLine(`${id} ${done ?? ""}`)}\n`);
      if (lines.length >= LINES_PER_WRITE) tell();
      continue;
    }
    const code = refused.code as ErrorCode;
    if (options.forgiving === true && code === "TASK_LOCKED") continue;
    tell();
    context.err(
      renderProblem(
        { code, message: refused.message, ...(refused.hint !== undefined && { hint: refused.hint }) },
        context.columns(),
      ),
    );
    exit = Math.max(exit, EXIT[ERRORS[code].exit]);
  }
  tell();
  for (const kept of options.areNamed === true ? keptProblems(answers) : []) {
    context.err(renderProblem(kept, context.columns()));
    exit = Math.max(exit, EXIT[ERRORS[kept.code].exit]);
  }
  // A clean-up has a summary of its own.
  if (isShort && options.summary === undefined) context.out(summariesOf(succeeded));
  return exit;
}

function summariesOf(answers: readonly Answer[]): string {
  return [...Map.groupBy(answers, ({ done = "" }) => done)]
    .map(([done, those]) =>
      summaryLine(
        done,
        those.map(({ id }) => id as TaskId),
      ),
    )
    .join("");
}

/** True for a task that has not ended. */
export function isUnended(task: Task): boolean {
  return !isTerminal(task.status.state);
}
