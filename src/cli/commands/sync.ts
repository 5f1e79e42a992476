import { mayHaveRuns, runsLeft, sync, type WandbRunLeft } from "../../desk/wandb-runs.ts";
import { counted } from "../../lib/counted.ts";
import { oneLine } from "../../lib/printable.ts";
import { ERRORS, EXIT, problem } from "../../model/errors.ts";
import { inNumberOrder } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import { DURATION } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import { inHome } from "../in-home.ts";
import { SELECTOR_FLAGS, TASKS } from "../selectors.ts";
import { targetTasks } from "../targets.ts";
import { renderProblem } from "../text/problem.ts";

const DEFAULT_TIMEOUT_MS = 600_000;

const FLAGS = {
  dryRun: { help: "list the runs that would be sent, and send nothing" },
  timeout: { value: DURATION, help: "how long one run may take (default: 10m)" },
  ...SELECTOR_FLAGS,
} as const;

export const verb = declareVerb({
  operands: [{ ...TASKS, completes: { eligible: mayHaveRuns } }],
  flags: FLAGS,
  notes:
    "Sends the offline runs of ended attempts to W&B by `wandb sync`, with the wandb and the variables of their tasks; by default those of all tasks. Runs that W&B has are marked by wandb, and not sent again. A key comes from `envFrom`, from WANDB_API_KEY, or from `wandb login`. See `stint help tracking`.",
  run: inHome(syncAll),
});

async function syncAll({ context, flags, operands }: Call<typeof FLAGS>, layout: Layout): Promise<Ended> {
  const { dryRun, timeout: timeoutMs = DEFAULT_TIMEOUT_MS, ...selectors } = flags;
  const isSelection = Object.values(selectors).some((value) => value !== undefined);
  const found = targetTasks(context, {
    layout,
    references: operands,
    flags: isSelection || operands.length > 0 ? selectors : { ...selectors, all: true },
    eligible: mayHaveRuns,
    isReadOnly: true,
  });
  if (!found.ok) return found.error;
  const left = found.value.toSorted(inNumberOrder).flatMap((task) => runsLeft(layout, task));
  if (left.length === 0) {
    context.err("No offline runs of W&B to send: none was left by an ended attempt, or all are synced.\n");
    return EXIT.done;
  }
  if (dryRun === true) {
    for (const one of left) context.out(`${oneLine(`${one.id} would send ${one.run.folder}`)}\n`);
    return EXIT.done;
  }
  return sendAll(context, layout, { left, timeoutMs });
}

/** Sends one after the other; a run that is refused keeps no other one, which may have another key. */
async function sendAll(
  context: Context,
  layout: Layout,
  { left, timeoutMs }: { readonly left: readonly WandbRunLeft[]; readonly timeoutMs: number },
): Promise<Ended> {
  let failed = 0;
  for (const one of left) {
    const sent = await sync(layout, one, { caller: context.env, timeoutMs });
    if (sent.ok) {
      context.out(`${oneLine(`${one.id} synced ${one.run.folder}`)}\n`);
      continue;
    }
    failed += 1;
    context.err(renderProblem(refusal(one, sent.error), context.columns()));
  }
  if (failed === 0) return EXIT.done;
  context.err(`${counted(failed, "run")} of ${left.length} not synced.\n`);
  return EXIT[ERRORS.NOT_SYNCED.exit];
}

function refusal({ id, run }: WandbRunLeft, why: string): ReturnType<typeof problem> {
  return problem("NOT_SYNCED", `Cannot sync ${run.folder} of ${id}: ${why}`, hintFor(why));
}

function hintFor(why: string): string {
  if (/api key|not authenticated|log in|login|unauthori[sz]ed|40[13]/i.test(why))
    return "give the key by `envFrom` of the task, by WANDB_API_KEY=… stint sync, or by `wandb login`";
  if (/no module named|could not be run|no such file/i.test(why))
    return "install wandb into the Python environment of the task";
  return "look whether this machine reaches the server (WANDB_BASE_URL), then repeat stint sync; --timeout gives a large run longer";
}
