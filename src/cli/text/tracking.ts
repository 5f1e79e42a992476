import { oneLine } from "../../lib/printable.ts";
import type { Attempt } from "../../model/attempt.ts";
import { hanging } from "./wrap.ts";

/** What an attempt has with its trackers, a line for each, and what did not work. */
export function trackingLines({ tracking = {} }: Attempt, columns: number): string[] {
  const { mlflow, wandb, tensorboard, notes = [] } = tracking;
  const lines = [
    ...(mlflow === undefined ? [] : [mlflowLine(mlflow)]),
    ...(wandb === undefined
      ? []
      : [`W&B run ${wandb.id}${wandb.project === undefined ? "" : `, project ${wandb.project}`}`]),
    ...(tensorboard === undefined ? [] : [`TensorBoard ${tensorboard.dir}`]),
    ...notes.map((note) => `warning: ${note}`),
  ];
  return lines.flatMap((line) => hanging("    ", oneLine(line), { columns, hang: 2 }));
}

function mlflowLine({
  experimentId,
  runId,
  url,
}: NonNullable<NonNullable<Attempt["tracking"]>["mlflow"]>): string {
  const run = runId === undefined ? "" : `, run ${runId}`;
  return `MLflow experiment ${experimentId}${run}${url === undefined ? "" : `: ${url}`}`;
}
