import { homePath } from "../desk/home.ts";
import { ensureHome } from "../store/home.ts";
import type { Call, Ended, Verb } from "./command-line/declare.ts";
import { usage } from "./command-line/usage.ts";
import { SELECTOR_FLAGS } from "./selectors.ts";
import { performAndTell } from "./targets.ts";

/** Gives a verb on tasks that has no task and no selector a meaning for the queue as a whole. */
export function orWholeQueue(onTasks: Verb, verb: "pauseQueue" | "resumeQueue", notes: string): Verb {
  const run = (call: Call): Ended | Promise<Ended> =>
    namesTasks(call) ? onTasks.run(call) : onQueue(call, verb);
  return { ...onTasks, notes, run };
}

function namesTasks({ operands, flags }: Call): boolean {
  const isSelector = (flag: string): boolean => flag === "all" || Object.hasOwn(SELECTOR_FLAGS, flag);
  return operands.length > 0 || Object.keys(flags).some(isSelector);
}

async function onQueue({ context, flags }: Call, verb: "pauseQueue" | "resumeQueue"): Promise<Ended> {
  if ("release" in flags)
    return usage(
      "--release needs tasks",
      "name the tasks whose jobs are paused, or give --all; without, the queue is paused",
    );
  const home = ensureHome(homePath(context));
  if (!home.ok) return home.error;
  return performAndTell(context, home.value, { operation: { verb }, json: "json" in flags });
}
