import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { HAS_MLFLOW, isWholeTrackingTest, mlflowRuns, PYTHON } from "../rig/python.ts";
import { Stint } from "../rig/stint.ts";

/** With a cold disk and two busy cores, MLflow alone takes 20 s to import. */
const LONG_MS = 600_000;

const JOB = `
import os, sys
import mlflow
run = mlflow.start_run()
mlflow.log_metric("acc", 0.5)
if sys.argv[1] == "throw":
    raise ValueError("no")
if sys.argv[1] == "kill":
    os.kill(os.getpid(), 9)
`;

async function sweep(how: readonly string[]): Promise<{ stint: Stint; tasks: string[] }> {
  const stint = new Stint();
  writeFileSync(join(stint.root, "job.py"), JOB);
  const task = {
    name: "m",
    command: [PYTHON, "job.py", "${{ matrix.how }}"],
    matrix: { how },
    retries: 0,
    tracking: { mlflow: { mode: "local", experiment: "night" } },
  };
  const { code, err } = await stint.run(["submit", "-"], { input: JSON.stringify(task) });
  if (code !== 0) throw new Error(err);
  await stint.run(["drain", "--jobs", String(how.length)]);
  return { stint, tasks: how.map((_, at) => stint.record(at + 1).status.state) };
}

// Skipped where MLflow cannot be imported: it takes half a gigabyte, which not every machine that tests has.
describe.if(HAS_MLFLOW)("with MLflow itself", () => {
  test(
    "the first jobs of a fresh store all write to it, and runs that were killed or threw show it",
    async () => {
      const { stint, tasks } = await sweep(["throw", "kill"]);
      await using _ = stint;
      expect(tasks).toEqual(["failed", "failed"]);
      const runs = mlflowRuns(stint.home);
      expect(runs).toEqual([
        { task: null, parent: false, experiment: "night", status: "FINISHED", ended: true },
        { task: "000001-m-1", parent: true, experiment: "night", status: "FAILED", ended: true },
        { task: "000002-m-2", parent: true, experiment: "night", status: "KILLED", ended: true },
      ]);
    },
    LONG_MS,
  );

  // In `bun run test:tracking` alone: six imports of MLflow at a time.
  test.if(isWholeTrackingTest)(
    "of six first jobs of a fresh store, all write to it",
    async () => {
      const { stint, tasks } = await sweep(["a", "throw", "kill", "b", "c", "d"]);
      await using _ = stint;
      expect(tasks).toEqual(["completed", "failed", "failed", "completed", "completed", "completed"]);
      const runs = mlflowRuns(stint.home);
      expect(runs.map(({ status }) => status)).toEqual([
        "FINISHED",
        "FINISHED",
        "FAILED",
        "KILLED",
        "FINISHED",
        "FINISHED",
        "FINISHED",
      ]);
      expect(runs.filter(({ parent }) => parent)).toHaveLength(6);
    },
    LONG_MS,
  );
});
