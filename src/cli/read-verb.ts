import type { Command } from "commander";
import { EXIT, type Problem } from "../model/errors.ts";
import type { Task } from "../model/task.ts";
import { openHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import { homePath } from "./home.ts";
import { findTasks } from "./select.ts";
import type { Invocation } from "./verbs.ts";

/** What a verb that only reads makes of the tasks it was given. */
export interface ReadVerb {
  readonly json: (tasks: readonly Task[], layout: Layout) => unknown;
  readonly text: (tasks: readonly Task[], layout: Layout) => string;
}

/** Declares a verb that tells of named tasks, as text or as JSON. */
export function declareReadVerb(command: Command, { context, end }: Invocation, verb: ReadVerb): void {
  const read = (references: string[], flags: { json?: true }): number | Problem => {
    const home = openHome(homePath(context));
    if (!home.ok) return home.error;
    const tasks = findTasks(home.value, references);
    if (!tasks.ok) return tasks.error;
    const isJson = flags.json === true;
    context.out(
      isJson
        ? `${JSON.stringify(verb.json(tasks.value, home.value), null, 2)}\n`
        : verb.text(tasks.value, home.value),
    );
    return EXIT.done;
  };
  command
    .argument("<tasks...>", "numbers, ids, names, ranges (3-7), @")
    .option("--json", "as JSON; of one task the object, of several an array")
    .action((references: string[], flags: { json?: true }) => end(read(references, flags)));
}

/** One thing as itself, several as a list. */
export function oneOrAll<T>(list: readonly T[]): T | readonly T[] {
  const [first] = list;
  return list.length === 1 && first !== undefined ? first : list;
}
