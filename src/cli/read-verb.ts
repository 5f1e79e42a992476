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
import { newestTold, targetTasks } from "./targets.ts";
import { jsonText } from "./text/json.ts";

/** How a verb that only reads shows the tasks that it was given. */
interface ReadVerb {
  readonly json: (context: Context, tasks: readonly Task[], layout: Layout) => unknown;
  readonly text: (context: Context, tasks: readonly Task[], layout: Layout) => string | Promise<string>;
  /** For a sweep or group that is named alone; by default its members are shown one after the other. */
  readonly sweep?: {
    readonly json: (context: Context, members: readonly Task[], named: NamedGroup) => unknown;
    readonly text: (context: Context, members: readonly Task[], named: NamedGroup) => string;
  };
}

/** How a sweep or group was named: by its name, or the number of a member. */
export interface NamedGroup {
  readonly layout: Layout;
  readonly reference: string;
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
  const { tasks, isSelection, group } = shown.value;
  const sweep = group === null ? undefined : verb.sweep;
  const named = { layout: home.value, reference: group ?? "" };
  if (isJson === true) {
    const json =
      sweep === undefined ? await verb.json(context, tasks, home.value) : sweep.json(context, tasks, named);
    // A program that selects cannot know that only one task matches.
    const listed = isSelection && !Array.isArray(json) && sweep === undefined ? [json] : json;
    context.out(jsonText(listed));
  } else if (tasks.length === 0 && sweep === undefined) {
    context.err("No task matches.\n");
  } else {
    const text =
      sweep === undefined ? await verb.text(context, tasks, home.value) : sweep.text(context, tasks, named);
    context.out(text);
  }
  return EXIT.done;
}

/** The tasks to show, and the sweep or group that was named alone. */
interface Shown {
  readonly tasks: readonly Task[];
  /** They were not named one by one. */
  readonly isSelection: boolean;
  readonly group: string | null;
}

function shownTasks(
  context: Context,
  layout: Layout,
  { references, selectors }: { readonly references: readonly string[]; readonly selectors: SelectorFlags },
): Result<Shown, Problem> {
  const given = Object.values(selectors).filter((value) => value !== undefined).length;
  if (given > 0) {
    const found = targetTasks(context, {
      layout,
      references,
      flags: selectors,
      eligible: () => true,
      isReadOnly: true,
    });
    const group = given === 1 && references.length === 0 ? (selectors.group ?? null) : null;
    if (!found.ok) return found;
    const tasks = found.value.toSorted(inNumberOrder);
    return ok({ tasks, isSelection: true, group });
  }
  const named = findNamed(layout, references.length === 0 ? [LAST] : references, newestTold(context));
  if (!named.ok) return named;
  const { tasks, byGroup } = named.value;
  const [reference = ""] = references;
  // Without a task it is a group that none has joined.
  const isGroup = references.length === 1 && !reference.includes(",") && byGroup.size === tasks.length;
  return ok({ tasks, isSelection: false, group: isGroup ? reference : null });
}

/** A single element as itself, several as a list. */
export function oneOrAll<T>(list: readonly T[]): T | readonly T[] {
  const [first] = list;
  return list.length === 1 && first !== undefined ? first : list;
}
