import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { oneLine } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { shellWord } from "../../lib/shell-text.ts";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import type { Findings, StepRefusal } from "../../model/preparation.ts";
import type { MlflowOrder, TrackingFound } from "../../model/tracking.ts";
import { environmentOfJob } from "../prepare/job-environment.ts";
import type { StepInput } from "../prepare/steps.ts";
import { type Prepared, prepareLocal } from "./local-mlflow.ts";
import { MlflowServer } from "./remote-mlflow.ts";

type Variables = Readonly<Record<string, string>>;

/**
 * Prepares what the trackers of a job need before it: the store of MLflow, its experiment, and the run that heads a sweep. It never refuses:
 * the job runs all the same, and a note says what did not work. Its effects may be repeated: all is looked for before it is made.
 */
export async function prepareTracking(input: StepInput): Promise<Result<Findings, StepRefusal>> {
  const { notes = [], mlflow } = input.order.parts.tracking ?? {};
  const found: TrackingFound = {
    ...(mlflow !== undefined && (await preparedMlflow(mlflow, input))),
  };
  const all = [...notes, ...(found.notes ?? [])];
  return ok({ tracking: { ...found, ...(all.length > 0 && { notes: all }) } });
}

async function preparedMlflow(order: MlflowOrder, input: StepInput): Promise<TrackingFound> {
  const { store, parent, experiment } = order;
  const isLocal = store === "local";
  input.tell(`preparing the experiment ${oneLine(experiment)} of MLflow`);
  const prepared = await preparedStore(order, input);
  if (!prepared.ok) {
    // A store that is half made would break under the first clients, and the job with it.
    if (isLocal) tellJob(input.directory, { unset: ["MLFLOW_TRACKING_URI", "MLFLOW_RUN_CONTEXT"] });
    const what = isLocal ? "the job does not write to the local store" : "stint prepared nothing there";
    return { notes: [oneLine(`MLflow: ${what}: ${prepared.error}`)] };
  }
  const { experimentId, parentRunId } = prepared.value;
  const context =
    order.context === null || parentRunId === undefined
      ? null
      : { ...order.context, "mlflow.parentRunId": parentRunId };
  tellJob(input.directory, {
    set: {
      ...(order.tellsId && { MLFLOW_EXPERIMENT_ID: experimentId }),
      ...(context !== null && { MLFLOW_RUN_CONTEXT: JSON.stringify(context) }),
    },
  });
  return {
    mlflow: {
      store,
      experimentId,
      ...(parent !== undefined && parentRunId !== undefined && { parentRunId }),
      ...(!isLocal && { url: new MlflowServer(store, {}).page(experimentId) }),
    },
  };
}

async function preparedStore(order: MlflowOrder, { clock }: StepInput): Promise<Result<Prepared, string>> {
  const env = environmentOfJob();
  try {
    if (order.store === "local") return await prepareLocal(order, env);
    const server = new MlflowServer(order.store, env);
    const experiment = await server.experiment(order.experiment);
    if (!experiment.ok) return experiment;
    if (order.parent === undefined) return ok({ experimentId: experiment.value });
    const head = await server.heading(experiment.value, order.parent, clock.now());
    return head.ok ? ok({ experimentId: experiment.value, parentRunId: head.value }) : head;
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

/** Writes what the prefix of the job reads: the variables that were not known when it was launched. */
function tellJob(
  directory: string,
  { set = {}, unset = [] }: { readonly set?: Variables; readonly unset?: readonly string[] },
): void {
  const lines = [
    ...unset.map((name) => `unset ${name}`),
    ...Object.entries(set).map(([name, value]) => `export ${name}=${shellWord(value)}`),
  ];
  writeFileSync(join(directory, ATTEMPT_FILES.trackingVariables), `${lines.join("\n")}\n`, { mode: 0o600 });
}
