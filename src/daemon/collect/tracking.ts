import { dirname } from "node:path";
import { oneLine } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Collected } from "../../model/collected.ts";
import { openAttempt } from "../../model/task.ts";
import { attemptTag } from "../../model/tracker-tags.ts";
import type { TrackingFound } from "../../model/tracking.ts";
import { workFolder } from "../../model/work-folder.ts";
import { environmentOfKind } from "../../run/environment.ts";
import { readSources } from "../../run/secrets.ts";
import { type RunEnd, statusOfEnd, type TrackedRun, untrueRuns } from "../../run/tracking/ends.ts";
import { endLocalRuns, localRuns } from "../../run/tracking/local-mlflow.ts";
import { MlflowServer } from "../../run/tracking/remote-mlflow.ts";
import { readEnvironment } from "../../store/environments.ts";
import type { Collecting, Part } from "./part.ts";

/** A sign of life this often, while another program works. */
const BEAT_MS = 1_000;

/**
 * Makes the status of an attempt's runs in MLflow true: a client that is killed leaves them RUNNING, and one whose program fails may write
 * FINISHED. A repetition finds them as they are to be, and changes nothing.
 */
export const trackingPart: Part = {
  name: "runs of its trackers",
  isNeeded: ({ task }) => openAttempt(task)?.tracking?.mlflow !== undefined,
  collect: async (of) => {
    const beats = setInterval(of.beat, BEAT_MS);
    try {
      return await collectRuns(of);
    } finally {
      clearInterval(beats);
    }
  },
};

type Mlflow = NonNullable<TrackingFound["mlflow"]>;

async function collectRuns(of: Collecting): Promise<Collected> {
  const { found, tracking, number } = openAttempt(of.task) ?? {};
  const mlflow = tracking?.mlflow;
  if (mlflow === undefined || found === undefined || number === undefined) return { notes: [] };
  const store = storeOf(of, mlflow);
  const runs = store.ok ? await store.value.runs(attemptTag(of.task.metadata.id, number)) : store;
  if (!runs.ok) return noted(`MLflow: its runs are not known: ${runs.error}`);
  const status = statusOfEnd(found, of.task.spec.kind.failOnNonZero);
  const untrue = untrueRuns(runs.value, status, found.endedAtMs);
  const set = untrue.length === 0 || !store.ok ? ok(null) : await store.value.end(untrue);
  const last = runs.value.at(-1);
  const seen = last === undefined ? mlflow : withRun(mlflow, last);
  const notes = set.ok ? [] : [oneLine(`MLflow: its runs are not shown as ${status}: ${set.error}`)];
  return { tracking: { mlflow: seen, ...(notes.length > 0 && { notes }) }, notes: [] };
}

function noted(note: string): Collected {
  return { tracking: { notes: [oneLine(note)] }, notes: [] };
}

function withRun(mlflow: Mlflow, { id, experiment }: TrackedRun): Mlflow {
  const { store } = mlflow;
  return {
    ...mlflow,
    runId: id,
    experimentId: experiment,
    ...(store !== "local" && { url: new MlflowServer(store, {}).page(experiment, id) }),
  };
}

interface Store {
  readonly runs: (attempt: string) => Promise<Result<readonly TrackedRun[], string>>;
  readonly end: (runs: readonly RunEnd[]) => Promise<Result<null, string>>;
}

/** The store that the job wrote to, with what the job had to log in. */
function storeOf(
  { task, directory, layout, environment }: Collecting,
  { store }: Mlflow,
): Result<Store, string> {
  const { kind } = task.spec;
  const { environment: hash } = task.metadata;
  const captured = hash === undefined ? environment : readEnvironment(layout, hash);
  if (captured === null) return err("its captured environment is gone");
  const sources = readSources(kind.envFrom ?? [], captured);
  if (!sources.ok) return sources;
  const { environment: env } = environmentOfKind(kind, { captured, sources: sources.value });
  if (store !== "local") {
    const server = new MlflowServer(store, env);
    return ok({ runs: (attempt) => server.runsOf(attempt), end: (runs) => server.end(runs) });
  }
  const place = {
    folder: dirname(layout.mlflowStore),
    running: { mode: kind.mode, cwd: workFolder(task, directory), env },
  };
  return ok({ runs: (attempt) => localRuns(attempt, place), end: (runs) => endLocalRuns(runs, place) });
}
