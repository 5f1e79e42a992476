import { homePath } from "../desk/home.ts";
import { findNamed } from "../desk/select.ts";
import { ok, type Result } from "../lib/result.ts";
import { EXIT, type Problem } from "../model/errors.ts";
import { inNumberOrder, type Task } from "../model/task.ts";
import { openHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import { type Call, declareVerb, type Ended, type Verb } from "./command-line/declare.ts";
import type { Context } from "./context.ts";
import { LAST, SELECTOR_FLAGS, type SelectorFlags, TASKS } from "./selectors.ts";
import { targetTasks } from "./targets.ts";
import { jsonText } from "./text/json.ts";

/** How a verb that only reads shows the tasks that it was given. */
interface ReadVerb {
  readonly json: (context: Context, tasks: readonly Task[], layout: Layout) => unknown;
  readonly text: (context: Context, tasks: readonly Task[], layout: Layout) => string | Promise<string>;
  /** For a sweep that is named alone; by default its members are shown one after the other. */
  readonly sweep?: {
    readonly json: (context: Context, members: readonly Task[]) => unknown;
    readonly text: (context: Context, members: readonly Task[]) => string;
  };
}

const FLAGS = {
  ...SELECTOR_FLAGS,
  json: { help: "print JSON: an object for one named task, an array for several" },
} as const;

/** Declares a verb that shows named or selected tasks, as text or as JSON; without either, the last one that was submitted. */
export function readVerb(verb: ReadVerb): Verb {
  return declareVerb({ operands: [TASKS], flags: FLAGS, run: (call) => read(verb, call) });
}

async function read(verb: ReadVerb, { context, flags, operands }: Call<typeof FLAGS>): Promise<Ended> {
  const home = openHome(homePath(context));
  if (!home.ok) return home.error;
  const { json: isJson, ...selectors } = flags;
  const shown = shownTasks(context, home.value, { references: operands, selectors });
  if (!shown.ok) return shown.error;
  const { tasks, isSelection, isSweep } = shown.value;
  const sweep = isSweep ? verb.sweep : undefined;
  if (isJson === true) {
    const json =
      sweep === undefined ? await verb.json(context, tasks, home.value) : sweep.json(context, tasks);
    // A program that selects cannot know that only one task matches.
    const listed = isSelection && !Array.isArray(json) && sweep === undefined ? [json] : json;
    context.out(jsonText(listed));
  } else if (tasks.length === 0) {
    context.err("No task matches.\n");
  } else {
    const text =
      sweep === undefined ? await verb.text(context, tasks, home.value) : sweep.text(context, tasks);
    context.out(text);
  }
  return EXIT.done;
}

/** The tasks to show, and whether they are all members of one sweep that was named alone. */
interface Shown {
  readonly tasks: readonly Task[];
  /** They were not named one by one. */
  readonly isSelection: boolean;
  readonly isSweep: boolean;
}

function shownTasks(
  context: Context,
  layout: Layout,
  { references, selectors }: { readonly references: readonly string[]; readonly selectors: SelectorFlags },
): Result<Shown, Problem> {
  const given = Object.values(selectors).filter((value) => value !== undefined).length;
  if (given > 0) {
    const found = targetTasks(context, { layout, references, flags: selectors, eligible: () => true });
    const isSweep = selectors.group !== undefined && given === 1 && references.length === 0;
    if (!found.ok) return found;
    const tasks = found.value.toSorted(inNumberOrder);
    return ok({ tasks, isSelection: true, isSweep });
  }
  const named = findNamed(layout, references.length === 0 ? [LAST] : references);
  if (!named.ok) return named;
  const { tasks, byGroup } = named.value;
  const isOne = references.length === 1 && references[0]?.includes(",") === false;
  return ok({ tasks, isSelection: false, isSweep: isOne && byGroup.size > 0 });
}

/** A single element as itself, several as a list. */
export function oneOrAll<T>(list: readonly T[]): T | readonly T[] {
  const [first] = list;
  return list.length === 1 && first !== undefined ? first : list;
}
