import { homePath } from "../desk/home.ts";
import { targetOf } from "../desk/targets.ts";
import { asLines } from "../lib/printable.ts";
import { ok, type Result } from "../lib/result.ts";
import { EXIT, type Problem } from "../model/errors.ts";
import type { Operation, Target } from "../model/request.ts";
import type { State } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { openHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import {
  type Call,
  declareVerb,
  type Ended,
  type Flags,
  type FlagValues,
  type Verb,
} from "./command-line/declare.ts";
import type { Context } from "./context.ts";
import { pairAmongTasks, setFlagInstead, setVerbInstead } from "./key-hints.ts";
import { SELECTOR_FLAGS, TASKS } from "./selectors.ts";
import { performAndTell, targetTasks } from "./targets.ts";

/** A verb that applies one operation to each task that is named or selected. */
interface ActVerb<F extends Flags> {
  readonly eligible: (task: Task, flags: FlagValues<F>) => boolean;
  readonly states?: readonly State[];
  readonly operation: (targets: Target[], flags: FlagValues<F>) => Operation;
  /** The targets of some tasks. Default: their present epoch, in any version. */
  readonly targetsOf?: (
    context: Context,
    tasks: readonly Task[],
    flags: FlagValues<F>,
  ) => Promise<Result<Target[], Problem>>;
  /** True where selectors skip a task that ends before the request is carried out. */
  readonly skipsEnded?: boolean;
  readonly insteadOf?: Verb["insteadOf"];
  /** The last paragraph of the help. */
  readonly notes?: string;
  /** Called after success, unless the answers are JSON. */
  readonly tellMore?: (context: Context, layout: Layout, tasks: readonly Task[]) => void;
}

const ACT_FLAGS = {
  ...SELECTOR_FLAGS,
  all: { help: "all tasks that this verb applies to" },
  json: { help: "print JSON" },
} as const;

const NO_FLAGS = {} as never;

/** Declares a verb on many tasks: its own flags, and those that select tasks. */
export function actVerb<const F extends Flags>(own: F, verb: ActVerb<F>): Verb {
  return declareVerb({
    // As far as flags do not decide.
    operands: [{ ...TASKS, completes: { ...verb, eligible: (task) => verb.eligible(task, NO_FLAGS) } }],
    flags: { ...own, ...ACT_FLAGS },
    ...(verb.notes !== undefined && { notes: verb.notes }),
    insteadOf: (typed, value) =>
      verb.insteadOf?.(typed, value) ?? ("set" in own ? setFlagInstead : setVerbInstead)(typed, value),
    // The parsed flags include those that the verb declares.
    run: (call) =>
      pairAmongTasks(call.operands, "set" in own) ??
      actOn(verb as unknown as ActVerb<Flags>, call as unknown as Call<typeof ACT_FLAGS>),
  });
}

async function actOn(
  verb: ActVerb<Flags>,
  { context, flags, operands }: Call<typeof ACT_FLAGS>,
): Promise<Ended> {
  // A selected task that ended meanwhile is not one that was asked for.
  const isForgiving = "ifExists" in flags || (verb.skipsEnded === true && operands.length === 0);
  const home = openHome(homePath(context));
  if (!home.ok) return home.error;
  const tasks = targetTasks(context, {
    ...verb,
    eligible: (task) => verb.eligible(task, flags),
    layout: home.value,
    references: operands,
    flags,
  });
  if (!tasks.ok) return "ifExists" in flags && tasks.error.code === "NOT_FOUND" ? EXIT.done : tasks.error;
  if (tasks.value.length === 0) {
    context.err("stint: no task matches; nothing was done\n");
    return EXIT.done;
  }
  const targets = await (verb.targetsOf?.(context, tasks.value, flags) ?? ok(tasks.value.map(targetOf)));
  if (!targets.ok) return targets.error;
  const operation = verb.operation(targets.value, flags);
  const isJson = flags.json === true;
  const ended = await performAndTell(context, home.value, {
    operation,
    json: isJson,
    forgiving: isForgiving,
  });
  if (isJson) return ended;
  if ("dryRun" in flags) await tellEdits(context, tasks.value, targets.value);
  else if (ended === EXIT.done) verb.tellMore?.(context, home.value, tasks.value);
  return ended;
}

/** What a dry run would change of each task first. */
async function tellEdits(
  context: Context,
  tasks: readonly Task[],
  targets: readonly Target[],
): Promise<void> {
  const edits = new Map(targets.flatMap(({ id, edit }) => (edit === undefined ? [] : [[id, edit] as const])));
  if (edits.size === 0) return;
  const { changesIn } = await import("../intake/changed-fields.ts");
  for (const { metadata, spec } of tasks) {
    const edit = edits.get(metadata.id);
    const changes = edit === undefined ? [] : changesIn({ spec, labels: metadata.labels }, edit);
    if (changes.length > 0) context.out(asLines([`${metadata.id} would be changed: ${changes.join(", ")}`]));
  }
}
