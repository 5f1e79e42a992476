import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { deadline } from "../rig/patience.ts";
import { HAS_MLFLOW, HAS_WANDB, isWholeTrackingTest, PYTHON, TRACKING_MS } from "../rig/python.ts";
import { Stint, until } from "../rig/stint.ts";

/** Each tracker has what no other one has; the last writer is that of `tensorboard` itself, where it is asked for. */
const JOB = `
import os, sys, time

import mlflow, wandb
from tensorboardX import SummaryWriter

with mlflow.start_run():
    mlflow.log_metric("in_mlflow", 1.5)
with SummaryWriter(os.environ["STINT_TENSORBOARD_DIR"] + "/one") as writer:
    writer.add_scalar("in_tensorboardx", 3.5, 1)
if len(sys.argv) > 1:
    from tensorboard.summary import Writer

    board = Writer(os.environ["STINT_TENSORBOARD_DIR"] + "/two")
    board.add_scalar("in_tensorboard", 4.5, 1)
    board.close()
run = wandb.init()
for step in range(40):
    run.log({"in_wandb": step})
open("written", "w").close()
while True:
    time.sleep(1)
`;

describe.if(HAS_MLFLOW && HAS_WANDB)("with the packages themselves", () => {
  test(
    "results has what a job wrote with MLflow, W&B and TensorBoard, and all of it after SIGKILL",
    async () => {
      await using stint = new Stint();
      await stint.up();
      mkdirSync(dirname(join(stint.home, "tracking", "mlflow.db")), { recursive: true });
      writeFileSync(join(stint.root, "job.py"), JOB);
      const board = isWholeTrackingTest ? { in_tensorboard: 4.5 } : {};
      const written = { in_mlflow: 1.5, in_wandb: 39, in_tensorboardx: 3.5, ...board };
      const task = {
        name: "train",
        command: [PYTHON, "job.py", ...Object.keys(board)],
        env: { MLFLOW_TRACKING_URI: `sqlite:///${stint.home}/tracking/mlflow.db` },
        tracking: { wandb: { mode: "offline", project: "vision" }, tensorboard: true, mlflow: "local" },
        outputs: Object.fromEntries(Object.keys(written).map((name) => [name, { type: "float" }])),
      };
      const submitted = await stint.run(["submit", "-"], { input: JSON.stringify(task) });
      expect(submitted.code, submitted.err).toBe(0);
      const results = async () => JSON.parse(await stint.ok("results", "1", "--json"))[0];
      await until("the job has written", () => existsSync(join(stint.root, "written")), {
        deadlineMs: TRACKING_MS / 2,
        describe: () => stint.textOf("home/runs/000001-train/1/output.log"),
      });
      // W&B writes to its file once a second.
      const limit = deadline();
      while ((await results()).outputs.in_wandb !== 39 && !limit.isOver()) await Bun.sleep(200);
      await stint.ok("cancel", "1", "--force");
      await stint.reach(1, "cancelled");
      const row = await results();
      expect(row.outputs).toEqual(written);
      expect(row.filled).toMatchObject({
        in_mlflow: "mlflow",
        in_wandb: "wandb",
        in_tensorboardx: "tensorboard",
      });
    },
    TRACKING_MS,
  );
});
