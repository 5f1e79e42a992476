import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HAS_PACKAGES, PYTHON } from "../rig/python.ts";
import { Stint, until } from "../rig/stint.ts";

/** What is seen of a job that draws its bars with tqdm, is stopped in the second of two epochs, and logs for TensorBoard meanwhile. */
const TRAINING = `
import os, sys, time
from tqdm import tqdm
from tensorboardX import SummaryWriter

writer = SummaryWriter(os.environ["STINT_ARTIFACTS_DIR"] + "/tb")
for epoch in (1, 2):
    for step in tqdm(range(50), desc=f"epoch {epoch}", mininterval=0):
        if epoch * 50 + step <= 142:
            writer.add_scalar("val/acc", epoch / 10 + step / 1000, epoch * 50 + step)
        if epoch == 2 and step == 42:
            writer.close()
            open("written", "w").close()
            while not os.path.exists(sys.argv[1]):
                time.sleep(0.02)
`;

describe.if(HAS_PACKAGES)("with the packages themselves", () => {
  test("tqdm's bar is the progress of a job, and TensorBoard's scalar its result", async () => {
    await using stint = new Stint();
    await stint.up();
    writeFileSync(join(stint.root, "train.py"), TRAINING);
    const declared = { outputs: { acc: { type: "float", goal: "max" } } };
    const task = { name: "train", command: [PYTHON, "train.py", join(stint.root, "go")], ...declared };
    expect((await stint.run(["submit", "-"], { input: JSON.stringify(task) })).code).toBe(0);
    const log = "home/runs/000001-train/1/output.log";
    await until("it is in the second epoch", () => stint.textOf(log).includes("epoch 2:  84%"));
    await until("the scalars are written", () => existsSync(join(stint.root, "written")));
    const [listed] = JSON.parse(await stint.ok("ls", "--json"));
    expect(listed.progress).toMatchObject({ percent: 84, message: "epoch 2", source: "log" });
    expect(await stint.ok("ls")).toMatch(/ running .* 84% epoch 2, \d+:\d\d left: /);
    const [running] = JSON.parse(await stint.ok("results", "1", "--json"));
    expect(running).toMatchObject({
      state: "running",
      outputs: { acc: 0.242 },
      filled: { acc: "tensorboard" },
    });
    writeFileSync(join(stint.root, "go"), "");
    await stint.reach(1, "completed");
    expect((await stint.ok("logs", "1")).split("\n")).toEqual([
      expect.stringMatching(/^epoch 1: 100%.* 50\/50 /),
      expect.stringMatching(/^epoch 2: 100%.* 50\/50 /),
    ]);
    expect(await stint.ok("results", "1", "--csv")).toContain("train,completed,,0.242,");
  });
});
