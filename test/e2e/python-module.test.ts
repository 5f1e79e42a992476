import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PYTHON } from "../rig/python.ts";
import { Stint } from "../rig/stint.ts";

/** What a user of the module does: tasks, a sweep, a failure, a key, a limit of time. */
const DRIVER = `
import json, sys, stint

tasks = [stint.submit([sys.executable, "train.py", lr], name="train", key="k/" + lr) for lr in ("1", "2")]
again = stint.submit([sys.executable, "train.py", "2"], name="train", key="k/2")
sweep = stint.submit(run="exit $((STINT_VALUE_LR - 3))", name="grid", matrix={"lr": [3, 4]})
held = stint.submit("true", hold=True)
first = stint.wait(tasks, any=True)
ended = stint.wait(tasks + sweep)
try:
    stint.wait(held, timeout=0.05)
except TimeoutError as error:
    late = str(error)
try:
    stint.submit("true", cpus="many")
except stint.StintError as error:
    refused = [error.code, str(error)]
rows = stint.results(tasks)
states = [one["status"]["state"] for one in sorted(ended, key=lambda one: one["metadata"]["number"])]
print(json.dumps({
    "tasks": tasks, "again": again, "sweep": sweep, "first": len(first), "states": states,
    "late": late, "refused": refused, "outputs": [row["outputs"] for row in rows],
}))
`;

const TRAIN = `
import sys, stint

stint.progress(1, 2, "half")
stint.report(step=1, acc=float(sys.argv[1]), bad=float("nan"))
stint.output(model="best.pt")
`;

test("the module for Python queues tasks, waits for them, and tells what a job gives", async () => {
  await using stint = new Stint();
  await stint.up();
  expect(await stint.ok("init", "python")).toBe(join(stint.root, "stint.py"));
  writeFileSync(join(stint.root, "driver.py"), DRIVER);
  writeFileSync(join(stint.root, "train.py"), TRAIN);
  const child = Bun.spawn([PYTHON, "driver.py"], {
    cwd: stint.root,
    env: { ...stint.env, STINT_PROGRAM: stint.executable },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  expect(err).toBe("");
  expect(JSON.parse(out)).toEqual({
    tasks: [1, 2],
    again: 2,
    sweep: [3, 4],
    first: 1,
    states: ["completed", "completed", "completed", "failed"],
    late: "tasks 5 have not ended after 0.05 s",
    refused: [6, expect.stringContaining("cpus")],
    outputs: [{ model: "best.pt" }, { model: "best.pt" }],
  });
  const { status } = stint.record(1);
  expect(status.attempts[0]).toMatchObject({ metrics: { acc: 1, bad: "nan" }, progress: { percent: 50 } });
});

test("the plugin for Hydra goes to a folder of its own, which init makes", async () => {
  await using stint = new Stint();
  expect(await stint.ok("init", "hydra")).toBe(join(stint.root, "hydra_plugins", "stint_launcher.py"));
  expect(stint.textOf("hydra_plugins/stint_launcher.py")).toContain("class StintLauncher");
});
