import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { BY_PATH, runBounded } from "../../lib/bounded-process.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { parseJson } from "../../model/check.ts";
import { ATTEMPT_TAG, SWEEP_TAG } from "../../model/tracker-tags.ts";
import type { MlflowOrder } from "../../model/tracking.ts";
import { LOCAL_ANSWERS } from "../../model/tracking-answers.ts";
import { pythonEnvironmentOf, type Running } from "../python/environment.ts";
import type { RunEnd, TrackedRun } from "./ends.ts";
import { MLFLOW_SCRIPT } from "./mlflow-script.ts";

/** On a busy machine the import of MLflow takes half a minute, and others may have the lock. */
const MAX_MS = 180_000;
const OUTPUT_BYTES = 1_024 * 1_024;

/** What a preparation of MLflow found. */
export interface Prepared {
  readonly experimentId: string;
  readonly parentRunId?: string;
}

/** Makes the local store, the experiment and the run above a sweep, where they are missing; the error is a clause. */
export async function prepareLocal(
  order: MlflowOrder,
  env: Running["env"],
): Promise<Result<Prepared, string>> {
  const { folder, experiment, parent, mode, cwd } = order;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const asked = {
    do: "prepare",
    folder,
    experiment,
    ...(parent !== undefined && { parent: { ...parent, tag: SWEEP_TAG } }),
  };
  const said = await ask("prepared", asked, { folder, running: { mode, cwd, env } });
  if (!said.ok) return said;
  const { experiment: experimentId, parent: parentRunId } = said.value;
  return ok({ experimentId, ...(parentRunId !== null && { parentRunId }) });
}

interface Place {
  readonly folder: string;
  /** The job: its Python has its MLflow. */
  readonly running: Running;
}

/** The runs of an attempt, in the order of their starts. */
export async function localRuns(
  attempt: string,
  place: Place,
): Promise<Result<readonly TrackedRun[], string>> {
  const said = await ask("runs", { do: "look", folder: place.folder, tag: ATTEMPT_TAG, attempt }, place);
  return said.ok ? ok(said.value.runs) : said;
}

/** Sets how runs ended. */
export async function endLocalRuns(runs: readonly RunEnd[], place: Place): Promise<Result<null, string>> {
  const said = await ask("done", { do: "terminate", folder: place.folder, runs }, place);
  return said.ok ? ok(null) : said;
}

type Schemas = typeof LOCAL_ANSWERS;
type Answer<Name extends keyof Schemas> = NonNullable<ReturnType<typeof parseJson<Schemas[Name]>>>;

async function ask<Name extends keyof Schemas>(
  name: Name,
  order: object,
  { folder, running }: Place,
): Promise<Result<Answer<Name>, string>> {
  const found = pythonEnvironmentOf(running);
  const python = found === null ? "python3" : (found.python ?? join(found.prefix, "bin", "python"));
  const end = await runBounded({
    argv: [...BY_PATH, python, "-c", MLFLOW_SCRIPT, JSON.stringify(order)],
    // What MLflow makes where it runs is made in the home.
    cwd: folder,
    env: { ...running.env, GIT_PYTHON_REFRESH: "quiet" },
    timeoutMs: MAX_MS,
    outputBytes: OUTPUT_BYTES,
  });
  if (end.how === "hung") return err(`${python} did not end within ${MAX_MS / 1_000} s`);
  if (end.how !== "ended") return err(`${python} could not be run`);
  const line = end.out.trimEnd().split("\n").at(-1) ?? "";
  const refusal = parseJson(LOCAL_ANSWERS.refused, line);
  if (refusal !== null) return err(refusal.error);
  const said = parseJson(LOCAL_ANSWERS[name], line);
  if (said !== null) return ok(said);
  const last = end.err.trimEnd().split("\n").at(-1) ?? "";
  return err(
    `${python} ended with ${end.code === null ? "a signal" : `code ${end.code}`}: ${last.slice(0, 300)}`,
  );
}
