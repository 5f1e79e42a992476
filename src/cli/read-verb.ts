import type { Command } from "commander";
import { err, ok, type Result } from "../lib/result.ts";
import { EXIT, type Problem, problem } from "../model/errors.ts";
import type { Task } from "../model/task.ts";
import { openHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import { findGroup } from "./groups.ts";
import { homePath } from "./home.ts";
import { findNamed } from "./select.ts";
import type { Invocation } from "./verbs.ts";

/** What a verb that only reads makes of the tasks it was given. */
export interface ReadVerb {
  readonly json: (tasks: readonly Task[], layout: Layout) => unknown;
  readonly text: (tasks: readonly Task[], layout: Layout) => string | Promise<string>;
  /** For a sweep that is named alone; without it, its members one after the other. */
  readonly sweep?: {
    readonly json: (members: readonly Task[]) => unknown;
    readonly text: (members: readonly Task[]) => string;
  };
}

interface Flags {
  readonly json?: true;
  readonly group?: string;
}

/** Declares a verb that tells of named tasks, as text or as JSON. */
export function declareReadVerb(command: Command, { context, end }: Invocation, verb: ReadVerb): void {
  const read = async (references: string[], flags: Flags): Promise<number | Problem> => {
    const home = openHome(homePath(context));
    if (!home.ok) return home.error;
    const named = membersOrTasks(home.value, { references, flags });
    if (!named.ok) return named.error;
    const { tasks, isSweep } = named.value;
    const sweep = isSweep ? verb.sweep : undefined;
    if (flags.json === true) {
      const json = sweep === undefined ? await verb.json(tasks, home.value) : sweep.json(tasks);
      context.out(`${JSON.stringify(json, null, 2)}\n`);
    } else context.out(sweep === undefined ? await verb.text(tasks, home.value) : sweep.text(tasks));
    return EXIT.done;
  };
  command
    .argument("[tasks...]", "numbers, ids, names (of sweeps too), ranges (3-7), @")
    .option("--group <sweep>", "a sweep, by its name or a number")
    .option("--json", "as JSON; of one task the object, of several an array")
    .action(async (references: string[], flags: Flags) => end(await read(references, flags)));
}

function membersOrTasks(
  layout: Layout,
  { references, flags }: { references: readonly string[]; flags: Flags },
): Result<{ tasks: readonly Task[]; isSweep: boolean }, Problem> {
  if (flags.group !== undefined) {
    const members = findGroup(layout, flags.group);
    return members.ok ? ok({ tasks: members.value, isSweep: true }) : members;
  }
  if (references.length === 0) {
    const message = "Cannot tell which task is meant: none is named";
    return err(problem("USAGE", message, "name it: 12, an id, a name, 3-7, @"));
  }
  const named = findNamed(layout, references);
  if (!named.ok) return named;
  const { tasks, byGroup } = named.value;
  return ok({ tasks, isSweep: references.length === 1 && byGroup.size > 0 });
}

/** One thing as itself, several as a list. */
export function oneOrAll<T>(list: readonly T[]): T | readonly T[] {
  const [first] = list;
  return list.length === 1 && first !== undefined ? first : list;
}
