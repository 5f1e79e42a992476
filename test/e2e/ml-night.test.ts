import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

const GPUS = 4;
const RUNS = 30;

const NIGHT = `name: prepare
code: snapshot
run: python3 prepare.py
---
name: train
code: snapshot
run: python3 train.py
after: prepare
gpus: 1
matrix:
  lr: [0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.04, 0.03, 0.02, 0.01]
  seed: [1, 2, 3]
outputs:
  acc: { type: float, goal: max, required: true }
---
name: evaluate
code: snapshot
run: python3 evaluate.py
after: train
---
name: report
code: snapshot
run: python3 report.py
after: evaluate
`;

const COMMON = `import json, os
def parents():
    with open(os.environ["STINT_PARENTS"]) as file:
        return json.load(file)
def tell(**outputs):
    with open(os.environ["STINT_OUTPUTS"], "w") as file:
        json.dump(outputs, file)
def artifact(name, mode):
    return open(os.path.join(os.environ["STINT_ARTIFACTS_DIR"], name), mode)
`;

const FILES: Readonly<Record<string, string>> = {
  "night.yaml": NIGHT,
  "common.py": COMMON,
  "prepare.py": `from common import *
with artifact("data.txt", "w") as file:
    file.write("7\\n")
tell(rows=1)
`,
  "train.py": `from common import *
lr, seed = float(os.environ["STINT_VALUE_LR"]), int(os.environ["STINT_VALUE_SEED"])
[prepared] = parents()
with open(os.path.join(prepared["artifacts"], "data.txt")) as file:
    base = int(file.read())
assert os.environ["CUDA_VISIBLE_DEVICES"].startswith("SIM-")
with artifact("model.txt", "w") as file:
    file.write(f"{base} {lr} {seed}\\n")
tell(acc=round(1 - abs(lr - 0.1) - seed / 1000, 4))
`,
  "evaluate.py": `from common import *
best = max(parents(), key=lambda one: one["outputs"]["acc"])
with open(os.path.join(best["artifacts"], "model.txt")) as file:
    model = file.read().strip()
tell(best=best["name"], model=model, runs=len(parents()))
`,
  "report.py": `from common import *
[evaluated] = parents()
tell(**evaluated["outputs"])
`,
};

/** A home with four simulated GPUs, and a repository with the night's programs beside it. */
class NightStint extends Stint {
  readonly work = join(this.root, "work");

  constructor() {
    super();
    mkdirSync(this.home, { mode: 0o700 });
    const gpus = `{name: NVIDIA A100, memory: 80GiB, count: ${GPUS}}`;
    writeFileSync(join(this.home, "config.yaml"), `jobs: ${GPUS}\ngpus: {simulate: [${gpus}]}\n`);
    mkdirSync(this.work);
    for (const [name, text] of Object.entries(FILES)) this.write(name, text);
    this.git("init", "--quiet");
    this.git("add", "--all");
    this.git("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "--quiet", "-m", "night");
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.work, name), text);
  }

  git(...args: string[]): void {
    const { success, stderr } = Bun.spawnSync(["git", ...args], { cwd: this.work, env: this.env });
    if (!success) throw new Error(stderr.toString());
  }

  /** What a command prints that is called in the repository. */
  async inWork(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(args, { cwd: this.work });
    if (code !== 0) throw new Error(`stint ${args.join(" ")} ended with ${code}: ${err}`);
    return out;
  }

  outputsOf(number: number): unknown {
    return (this.record(number).status.attempts.at(-1) as { outputs?: unknown } | undefined)?.outputs;
  }

  artifactsOf(number: number): string {
    const { id } = this.record(number).metadata;
    return join(this.home, "runs", id, "1", "artifacts");
  }
}

const FIRST = 2;
const EVALUATE = FIRST + RUNS;
const REPORT = EVALUATE + 1;

test("a night of 30 runs passes its data by its parents, is compared, repeated exactly and cleaned without losing a model", async () => {
  await using stint = new NightStint();
  await stint.inWork("submit", "night.yaml");
  await stint.inWork("drain");
  const best = { best: "train-13", model: "7 0.1 1", runs: RUNS };
  expect(stint.outputsOf(REPORT)).toEqual(best);

  const table = await stint.inWork("results", "train", "--sort", "acc");
  const [heading = "", first = ""] = table.split("\n");
  expect(heading).toContain("acc");
  expect(first).toContain("train-13");
  expect(first).toContain("0.999");

  // A day later, another program stands in the working tree.
  stint.write("train.py", "raise SystemExit(1)\n");
  const [copy] = (await stint.inWork("submit", "--from", "train-13", "--exact")).split("\n");
  await stint.inWork("drain");
  expect(copy).toBe("000034-train-13");
  expect(stint.outputsOf(REPORT + 1)).toEqual(stint.outputsOf(FIRST + 12));

  const endedMs = Date.parse(String(stint.record(REPORT + 1).status["endedAt"]));
  await until("the last run ended over a second ago", () => Date.now() > endedMs + 1_000);
  const models = Array.from({ length: RUNS }, (_, index) => stint.artifactsOf(FIRST + index));
  await stint.inWork("clean", "--older-than", "1s");
  expect(stint.records()).toEqual([]);
  for (const folder of models) expect(existsSync(join(folder, "model.txt"))).toBe(true);
  expect(readFileSync(join(models[12] ?? "", "model.txt"), "utf8")).toBe("7 0.1 1\n");
});
