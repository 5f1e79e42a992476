import { findGroup } from "../desk/groups.ts";
import { homePath } from "../desk/home.ts";
import { findNamed } from "../desk/select.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { EXIT, type Problem, problem } from "../model/errors.ts";
import type { Task } from "../model/task.ts";
import { openHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import { type Call, declareVerb, type Ended, type Verb } from "./command-line/declare.ts";
import { usage } from "./command-line/usage.ts";
import type { Context } from "./context.ts";
import { GROUP, TASKS } from "./selectors.ts";

/** How a verb that only reads shows the tasks that it was given. */
interface ReadVerb {
  readonly json: (context: Context, tasks: readonly Task[], layout: Layout) => unknown;
  readonly text: (context: Context, tasks: readonly Task[], layout: Layout) => string | Promise<string>;
  /** For a sweep that is named alone; by default its members are shown one after the other. */
  readonly sweep?: {
    readonly json: (members: readonly Task[]) => unknown;
    readonly text: (context: Context, members: readonly Task[]) => string;
  };
}

const FLAGS = {
  group: { value: GROUP, help: "a sweep, by its name or a number" },
  json: { help: "as JSON: an object for one task, an array for several" },
} as const;

/** Declares a verb that shows named tasks, as text or as JSON. */
export function readVerb(verb: ReadVerb): Verb {
  return declareVerb({ operands: [TASKS], flags: FLAGS, run: (call) => read(verb, call) });
}

async function read(verb: ReadVerb, { context, flags, operands }: Call<typeof FLAGS>): Promise<Ended> {
  const home = openHome(homePath(context));
  if (!home.ok) return home.error;
  const named = membersOrTasks(home.value, { references: operands, group: flags.group });
  if (!named.ok) return named.error;
  const { tasks, isSweep } = named.value;
  const sweep = isSweep ? verb.sweep : undefined;
  if (flags.json === true) {
    const json = sweep === undefined ? await verb.json(context, tasks, home.value) : sweep.json(tasks);
    context.out(`${JSON.stringify(json, null, 2)}\n`);
  } else {
    const text =
      sweep === undefined ? await verb.text(context, tasks, home.value) : sweep.text(context, tasks);
    context.out(text);
  }
  return EXIT.done;
}

function membersOrTasks(
  layout: Layout,
  { references, group }: { readonly references: readonly string[]; readonly group: string | undefined },
): Result<{ tasks: readonly Task[]; isSweep: boolean }, Problem> {
  const [first] = references;
  if (group !== undefined && first !== undefined) {
    return err(usage(`--group and the task "${first}" cannot be combined`, "name tasks, or a sweep"));
  }
  if (group !== undefined) {
    const members = findGroup(layout, group);
    return members.ok ? ok({ tasks: members.value, isSweep: true }) : members;
  }
  if (references.length === 0) {
    const message = "Cannot read the command line: no task is named";
    return err(problem("USAGE", message, "name one: 12, an id, a name, 3-7, @"));
  }
  const named = findNamed(layout, references);
  if (!named.ok) return named;
  const { tasks, byGroup } = named.value;
  return ok({ tasks, isSweep: references.length === 1 && byGroup.size > 0 });
}

/** A single element as itself, several as a list. */
export function oneOrAll<T>(list: readonly T[]): T | readonly T[] {
  const [first] = list;
  return list.length === 1 && first !== undefined ? first : list;
}
