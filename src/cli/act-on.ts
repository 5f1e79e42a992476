import type { Command } from "commander";
import { EXIT } from "../model/errors.ts";
import type { Operation, Target } from "../model/request.ts";
import type { State } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { openHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";
import { homePath } from "./home.ts";
import { declareSelectors, type SelectorFlags } from "./selectors.ts";
import { performAndTell, targetOf, targetTasks } from "./targets.ts";
import type { Invocation } from "./verbs.ts";

interface ActFlags extends SelectorFlags {
  readonly json?: true;
  readonly ifExists?: true;
}

/** A verb that does the same to each of the tasks that are named or selected. */
export interface ActVerb<Flags> {
  readonly eligible: (task: Task) => boolean;
  readonly states?: readonly State[];
  readonly operation: (targets: Target[], flags: Flags) => Operation;
  /** What is to be said once it is done, where a person reads the answers. */
  readonly tellMore?: (context: Context, layout: Layout, tasks: readonly Task[]) => void;
}

/** Declares arguments, selectors and action of a verb on many tasks. */
export function declareActVerb<Flags>(command: Command, invocation: Invocation, verb: ActVerb<Flags>): void {
  declareSelectors(
    command.argument("[tasks...]", "numbers, ids, names, ranges (3-7), @ (the last submitted), @~1"),
  )
    .option("--all", "all that it can apply to")
    .option("--json", "answers as JSON")
    .action(async (references: string[], flags: Flags & ActFlags) => {
      invocation.end(await actOn(invocation, { references, flags, verb }));
    });
}

async function actOn<Flags>(
  { context }: Invocation,
  call: { references: string[]; flags: Flags & ActFlags; verb: ActVerb<Flags> },
): ReturnType<typeof performAndTell> {
  const { references, flags, verb } = call;
  const home = openHome(homePath(context));
  if (!home.ok) return home.error;
  const tasks = targetTasks(context, { ...verb, layout: home.value, references, flags });
  if (!tasks.ok) return flags.ifExists === true && tasks.error.code === "NOT_FOUND" ? EXIT.done : tasks.error;
  if (tasks.value.length === 0) {
    context.err("stint: no task matches, nothing was done\n");
    return EXIT.done;
  }
  const operation = verb.operation(tasks.value.map(targetOf), flags);
  const isJson = flags.json === true;
  const ended = await performAndTell(context, home.value, {
    operation,
    json: isJson,
    forgiving: flags.ifExists === true,
  });
  if (ended === EXIT.done && !isJson) verb.tellMore?.(context, home.value, tasks.value);
  return ended;
}
