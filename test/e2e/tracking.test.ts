import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MlflowServerStandIn } from "../rig/mlflow-server.ts";
import { type RecordView, Stint, until } from "../rig/stint.ts";

function trackingOf({ status }: RecordView): Record<string, unknown> {
  const last = status.attempts.at(-1) as { readonly tracking?: Record<string, unknown> } | undefined;
  return last?.tracking ?? {};
}

async function submit(stint: Stint, task: object): Promise<void> {
  const { code, err } = await stint.run(["submit", "-"], { input: JSON.stringify(task) });
  if (code !== 0) throw new Error(err);
}

/** What a job finds in its environment of trackers. */
function variablesIn(stint: Stint, id: string): Record<string, string> {
  const log = readFileSync(join(stint.home, "runs", id, "1", "output.log"), "utf8");
  const pairs = log.split("\n").flatMap((line) => {
    const [, name = "", value = ""] =
      /^((?:MLFLOW|WANDB|TENSORBOARD|STINT_TENSORBOARD)_?\w*)=(.*)$/.exec(line) ?? [];
    return name === "" ? [] : [[name, value]];
  });
  return Object.fromEntries(pairs);
}

test("W&B and TensorBoard find their variables, and what the task sets wins", async () => {
  await using stint = new Stint();
  await submit(stint, {
    name: "a",
    run: "env",
    labels: { team: "x" },
    env: { WANDB_NAME: "mine" },
    tracking: { wandb: { project: "vision", entity: "lab" }, tensorboard: true },
  });
  await stint.ok("drain");
  const run = join(stint.home, "runs", "000001-a", "1");
  expect(variablesIn(stint, "000001-a")).toEqual({
    STINT_TENSORBOARD_DIR: join(run, "tensorboard"),
    TENSORBOARD_LOGGING_DIR: join(run, "tensorboard"),
    WANDB_MODE: "offline",
    WANDB_DIR: run,
    WANDB_PROJECT: "vision",
    WANDB_ENTITY: "lab",
    WANDB_NAME: "mine",
    WANDB_TAGS: "team=x",
    WANDB_NOTES: "attempt 1 of 000001-a",
    WANDB_JOB_TYPE: "task",
    WANDB_RUN_ID: "000001-a",
    WANDB_RESUME: "allow",
    WANDB__TRANSACTION_LOG_FLUSH_INTERVAL: "1",
  });
  expect(trackingOf(stint.record(1))).toEqual({
    wandb: { id: "000001-a", project: "vision" },
    tensorboard: { dir: join(run, "tensorboard") },
  });
  expect(await stint.ok("show", "1")).toContain("W&B run 000001-a, project vision");
});

test("config.yaml has defaults for trackers, and a task may want none; without a key W&B is offline", async () => {
  await using stint = new Stint();
  mkdirSync(stint.home, { mode: 0o700 });
  writeFileSync(
    join(stint.home, "config.yaml"),
    "defaults: {tracking: {wandb: {mode: online, project: p}, tensorboard: true}}\n",
  );
  await submit(stint, { name: "a", run: "env" });
  await submit(stint, { name: "b", run: "env", tracking: false });
  await stint.ok("submit", "--name", "c", "--set", "tracking.wandb=disabled", "--", "env");
  await stint.ok("drain");
  expect(variablesIn(stint, "000001-a")).toMatchObject({ WANDB_MODE: "offline", WANDB_PROJECT: "p" });
  expect(trackingOf(stint.record(1))["notes"]).toEqual([
    "W&B is offline: there is no WANDB_API_KEY, which envFrom can give",
  ]);
  expect(variablesIn(stint, "000002-b")).toEqual({});
  expect(variablesIn(stint, "000003-c")).toMatchObject({ WANDB_MODE: "disabled" });
  expect(variablesIn(stint, "000003-c")).not.toHaveProperty("WANDB_RUN_ID");
});

test("an attempt has the id and project of W&B that its task sets itself", async () => {
  await using stint = new Stint();
  const env = { WANDB_RUN_ID: "mine", WANDB_PROJECT: "theirs" };
  await submit(stint, { name: "a", run: "env", env, tracking: { wandb: { project: "vision" } } });
  await stint.ok("drain");
  expect(variablesIn(stint, "000001-a")).toMatchObject(env);
  expect(trackingOf(stint.record(1))["wandb"]).toEqual({ id: "mine", project: "theirs" });
});

test("a job runs without MLflow where its Python has none, and a note says so", async () => {
  await using stint = new Stint();
  const python = join(stint.root, "python3");
  // Without its packages.
  writeFileSync(python, '#!/bin/sh\nexec /usr/bin/env python3 -I -S "$@"\n', { mode: 0o755 });
  await submit(stint, {
    name: "a",
    command: [python, "-c", "import os; print('\\n'.join(f'{k}={v}' for k, v in os.environ.items()))"],
    tracking: { mlflow: "local" },
  });
  await stint.ok("drain");
  expect(variablesIn(stint, "000001-a")).toEqual({});
  const [note] = trackingOf(stint.record(1))["notes"] as string[];
  expect(note).toStartWith("MLflow: the job does not write to the local store: MLflow is not installed in ");
  expect(existsSync(join(stint.home, "tracking", "mlflow.db"))).toBeFalse();
  expect(await stint.ok("show", "1")).toContain("warning: MLflow:");
});

test("a server of MLflow has the experiment and the run above a sweep before the jobs, and their runs end as they did", async () => {
  await using server = new MlflowServerStandIn();
  await using stint = new Stint();
  await stint.up();
  await submit(stint, {
    name: "lr",
    run: "env; while [ ! -e go ]; do sleep 0.05; done; exit ${{ matrix.code }}",
    matrix: { code: [0, 3] },
    retries: 0,
    tracking: { mlflow: { mode: server.url, experiment: "night" } },
  });
  await stint.reach(1, "running");
  await stint.reach(2, "running");
  expect(server.experiments).toEqual(["night"]);
  expect(server.runs.map(({ tags }) => tags)).toEqual([{ "stint.sweep": "lr-1", "mlflow.runName": "lr" }]);
  await until(
    "it has written its environment",
    () => "MLFLOW_RUN_CONTEXT" in variablesIn(stint, "000002-lr-2"),
  );
  const { MLFLOW_RUN_CONTEXT: context = "", ...others } = variablesIn(stint, "000002-lr-2");
  expect(others).toEqual({ MLFLOW_TRACKING_URI: server.url, MLFLOW_EXPERIMENT_ID: "0" });
  const tags = JSON.parse(context);
  expect(tags).toEqual({
    "stint.task": "000002-lr-2",
    "stint.attempt": "000002-lr-2/1",
    "mlflow.runName": "lr-2",
    "mlflow.note.content": "attempt 1 of 000002-lr-2: code=3",
    "mlflow.parentRunId": "r0",
  });
  // As the client does at each exit, also of a program that failed.
  const run = server.begin("0", tags, "FINISHED");
  const { promise, resolve } = Promise.withResolvers<void>();
  server.searching = promise;
  const searches = (): number => server.asked.filter((path) => path === "runs/search").length;
  const before = searches();
  writeFileSync(join(stint.root, "go"), "");
  await stint.reach(2, "collecting");
  await until("runs are looked for", () => searches() > before);
  // Between the end of the job and the repair: the next supervisor does it.
  await stint.killSupervisors();
  resolve();
  await stint.up();
  const failed = await stint.reach(2, "failed");
  expect([trackingOf(failed)["notes"], run.info]).toMatchObject([undefined, { status: "FAILED" }]);
  expect(trackingOf(failed)).toEqual({
    mlflow: {
      store: server.url,
      experimentId: "0",
      parentRunId: "r0",
      runId: run.info.run_id,
      url: `${server.url}/#/experiments/0/runs/${run.info.run_id}`,
    },
  });
  await stint.reach(1, "completed");
});

test("a server of MLflow that is down fails no job", async () => {
  await using stint = new Stint();
  const gone = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const url = `http://127.0.0.1:${gone.port}`;
  await gone.stop(true);
  await submit(stint, { name: "a", run: "true", tracking: { mlflow: url } });
  await stint.ok("drain");
  expect(trackingOf(stint.record(1))["notes"]).toEqual([
    `MLflow: stint prepared nothing there: ${url} cannot be reached`,
  ]);
});

test("a side-car is refused, and it is said what to do instead", async () => {
  await using stint = new Stint();
  for (const [tracker, file] of [
    ["mlflow", "mlflow.yaml"],
    ["tensorboard", "tensorboard.yaml"],
  ] as const) {
    const task = { name: "a", run: "true", tracking: { [tracker]: "sidecar" } };
    const { code, err } = await stint.run(["submit", "-"], { input: JSON.stringify(task) });
    expect([code, err]).toEqual([
      6,
      expect.stringContaining(`"tracking.${tracker}" is "sidecar", wanted local`),
    ]);
    expect(err).toContain(`stint submit ${file}`);
  }
});
