import { targetAttemptOf, targetOf } from "../../desk/targets.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { signalName, signalNumber } from "../../model/evidence.ts";
import type { Operation } from "../../model/request.ts";
import { isTerminal } from "../../model/state.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import type { Ended } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { performAndTell } from "../targets.ts";
import type { SlurmWords } from "./words.ts";

/** Cancels tasks, or sends their jobs a signal; ended ones are passed over, as scancel does. */
export function cancelled(
  context: Context,
  layout: Layout,
  { options, tasks }: Pick<SlurmWords, "options"> & { readonly tasks: readonly Task[] },
): Promise<Ended> {
  const typed = options.get("signal")?.at(-1);
  const open = tasks.filter(({ status }) => !isTerminal(status.state));
  if (typed === undefined)
    return perform(context, layout, {
      verb: "cancel",
      targets: open.map(targetOf),
      force: false,
      pendingOnly: false,
    });
  const number = /^\d+$/.test(typed)
    ? Number(typed)
    : signalNumber(`SIG${typed.toUpperCase().replace(/^SIG/, "")}`);
  const signal = number === null ? null : signalName(number);
  if (signal === null) {
    const message = `Cannot send the signal "${typed}": there is none of this name, wanted one such as USR1`;
    return Promise.resolve(problem("USAGE", message));
  }
  const targets = open.filter((task) => openAttempt(task) !== null).map(targetAttemptOf);
  const isForScript = options.has("batch") || options.has("full");
  return perform(context, layout, { verb: "signal", targets, signal, ...(!isForScript && { to: "others" }) });
}

/** `scontrol requeue`, `hold` and `release`; null for another word. */
export function controlled(
  context: Context,
  layout: Layout,
  { word, tasks }: { readonly word: string; readonly tasks: readonly Task[] },
): Promise<Ended> | null {
  switch (word) {
    case "requeue": {
      const [ended, open] = [true, false].map((is) =>
        tasks.filter(({ status }) => isTerminal(status.state) === is),
      );
      const requests: Operation[] = [
        { verb: "requeue", targets: (open ?? []).map(targetAttemptOf) },
        { verb: "retry", targets: (ended ?? []).map(targetAttemptOf) },
      ];
      return eachOf(context, layout, requests);
    }
    case "hold":
    case "release":
      return perform(context, layout, { verb: word, targets: tasks.map(targetOf) });
    default:
      return null;
  }
}

async function eachOf(context: Context, layout: Layout, requests: readonly Operation[]): Promise<Ended> {
  for (const request of requests) {
    const ended = await perform(context, layout, request);
    if (ended !== EXIT.done) return ended;
  }
  return EXIT.done;
}

/** Slurm's programs print nothing where all went well. */
async function perform(context: Context, layout: Layout, operation: Operation): Promise<Ended> {
  if ("targets" in operation && operation.targets.length === 0) return EXIT.done;
  return performAndTell({ ...context, out: () => {} }, layout, { operation, json: false });
}
