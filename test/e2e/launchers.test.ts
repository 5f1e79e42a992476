import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isWholeTrackingTest, PYTHON, TRACKING_MS } from "../rig/python.ts";
import { Stint, until } from "../rig/stint.ts";

/** A home with the programs of Slurm, on which the packages themselves run. */
class LauncherStint extends Stint {
  python(file: string, text: string, ...args: string[]) {
    writeFileSync(join(this.root, file), text);
    return Bun.spawn([PYTHON, file, ...args], {
      cwd: this.root,
      env: {
        ...this.env,
        PATH: `${join(this.root, "bin")}${delimiter}${this.env["PATH"] ?? ""}`,
        STINT_PROGRAM: this.executable,
      },
      stdout: "pipe",
      stderr: "pipe",
    });
  }
}

async function printed(child: Bun.Subprocess<"ignore" | Uint8Array, "pipe", "pipe">): Promise<string> {
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`it ended with ${code}: ${out}${err}`);
  return out.trim();
}

const SUBMITIT = `
import json, os, time, submitit

def add(a, b):
    return a + b

def fail():
    raise ValueError("no")

class Saved:
    rounds = 0
    def __call__(self, folder):
        open(os.path.join(folder, "round%d" % self.rounds), "w").close()
        while self.rounds == 0:
            time.sleep(0.05)
        return self.rounds
    def checkpoint(self, folder):
        self.rounds += 1
        return submitit.helpers.DelayedSubmission(self, folder)

if __name__ == "__main__":
    folder = os.path.abspath("jobs")
    executor = submitit.AutoExecutor(folder=folder, cluster="slurm")
    executor.update_parameters(name="job", timeout_min=30, cpus_per_task=1)
    one = executor.submit(add, 1, 2)
    many = executor.map_array(add, [1, 2, 3], [4, 5, 6])
    bad = executor.submit(fail)
    saved = executor.submit(Saved(), folder)
    while not os.path.exists(os.path.join(folder, "round0")):
        time.sleep(0.1)
    # submitit sets its handler before it runs the function.
    saved._interrupt()
    print(json.dumps({
        "one": one.result(), "ids": [job.job_id for job in many], "many": [job.result() for job in many],
        "bad": type(bad.exception()).__name__, "saved": saved.result(),
    }))
`;

/** The program of a multirun; what it gives is told and printed. */
const HYDRA = `
import hydra, stint
from hydra.core.config_store import ConfigStore

ConfigStore.instance().store(name="config", node={"x": 1})

@hydra.main(version_base=None, config_path=None, config_name="config")
def main(config):
    stint.report(loss=config.x * 2)
    stint.output(name="other")
    return config.x * 2

main()
`;

const TRAIN = `
import os, sys, time, stint

with open("ran", "a") as file:
    file.write(os.environ["STINT_TASK_NAME"] + "\\n")
time.sleep(0.5)
stint.report(loss=float(sys.argv[2]))
`;

describe.if(isWholeTrackingTest)("with the packages themselves", () => {
  test(
    "submitit's jobs, arrays, exceptions and checkpoints run unmodified",
    async () => {
      await using stint = new LauncherStint();
      await stint.up();
      await stint.ok("slurm-shims", "bin");
      const told = JSON.parse(await printed(stint.python("jobs.py", SUBMITIT)));
      expect(told).toEqual({
        one: 3,
        ids: ["2_0", "2_1", "2_2"],
        many: [5, 7, 9],
        bad: "FailedJobError",
        saved: 1,
      });
    },
    TRACKING_MS,
  );

  test(
    "a multirun of Hydra runs by its submitit launcher, and by the plugin of stint",
    async () => {
      await using stint = new LauncherStint();
      await stint.up();
      await stint.ok("slurm-shims", "bin");
      await stint.ok("init", "python");
      await stint.ok("init", "hydra");
      const multirun = ["--multirun", "x=1,2", "hydra.sweep.dir=out"];
      await printed(stint.python("app.py", HYDRA, ...multirun, "hydra/launcher=submitit_slurm"));
      for (const number of [1, 2]) await stint.reach(number, "completed");
      await printed(
        stint.python("app.py", HYDRA, ...multirun, "hydra/launcher=stint", "hydra.launcher.result=loss"),
      );
      const rows = JSON.parse(await stint.ok("results", "3", "4", "--json"));
      expect(rows.map(({ outputs }: { outputs: unknown }) => outputs)).toEqual([
        { loss: 2, name: "other" },
        { loss: 4, name: "other" },
      ]);
      expect(readFileSync(join(stint.root, "out", "1", ".hydra", "overrides.yaml"), "utf8")).toBe("- x=2\n");
    },
    TRACKING_MS,
  );

  test(
    "a study of Optuna that is killed and started again runs no trial twice",
    async () => {
      await using stint = new LauncherStint();
      await stint.up();
      await stint.ok("init", "python");
      await stint.ok("init", "optuna");
      writeFileSync(join(stint.root, "train.py"), TRAIN);
      const study = stint.textOf("optuna_study.py").replace('"night", 20, 4', '"night", 8, 3');
      const ran = () => stint.textOf("ran").split("\n").slice(0, -1);
      const first = stint.python("study.py", study);
      await until("some trials have run", () => ran().length >= 4 || first.exitCode !== null);
      first.kill("SIGKILL");
      await first.exited;
      expect(await printed(stint.python("study.py", study))).toMatch(/^best: /);
      // A trial that was asked for, and had no values yet, has no task.
      expect({ all: ran().length, different: new Set(ran()).size }).toEqual({ all: 8, different: 8 });
    },
    TRACKING_MS,
  );
});
