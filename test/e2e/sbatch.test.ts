import { expect, test } from "bun:test";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** A home with two simulated GPUs, and files beside it. */
class ScriptStint extends Stint {
  constructor() {
    super();
    mkdirSync(this.home, { mode: 0o700 });
    writeFileSync(
      join(this.home, "config.yaml"),
      "jobs: 4\ngpus: {simulate: [{name: NVIDIA A100, memory: 80GiB, count: 2}]}\n",
    );
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.root, name), text);
  }
}

/** As it runs on a cluster, unchanged. */
const GPU_ARRAY = `#!/bin/bash -l
#SBATCH --job-name=grid
#SBATCH --partition=gpu --qos=normal
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=100M
#SBATCH --time=00:10:00
#SBATCH --gres=gpu:a100:1
#SBATCH --array=0-3%2
#SBATCH --output=logs/%x-%A_%a.out
#SBATCH --mail-type=END,FAIL
#SBATCH --mail-user=ada@example.org

cd "$SLURM_SUBMIT_DIR"
export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK
echo "task $SLURM_ARRAY_TASK_ID of $SLURM_ARRAY_TASK_COUNT in job $SLURM_ARRAY_JOB_ID, GPU $CUDA_VISIBLE_DEVICES"
srun sh -c 'echo "$SLURM_ARRAY_TASK_ID $OMP_NUM_THREADS" >> seen'
`;

test.concurrent("a GPU array script of a cluster runs unchanged on the GPUs of this machine", async () => {
  await using stint = new ScriptStint();
  stint.write("job.slurm", GPU_ARRAY);
  const { code, out, err } = await stint.run(["submit", "job.slurm"]);
  expect([code, out]).toEqual([0, "000001-grid-1\n000002-grid-2\n000003-grid-3\n000004-grid-4\n"]);
  expect(err).toBe(
    "stint: grid: no effect here: --partition=gpu, --qos=normal, --mail-type=END,FAIL, --mail-user=ada@example.org; for mail see notify: (stint help notify)\n",
  );
  await stint.ok("drain");
  expect(stint.records().map(({ status }) => status.state)).toEqual(Array(4).fill("completed"));
  expect(stint.textOf("seen").trim().split("\n").toSorted()).toEqual(["0 1", "1 1", "2 1", "3 1"]);
  for (const index of [0, 1, 2, 3])
    expect(stint.textOf(`logs/grid-1_${index}.out`)).toMatch(
      new RegExp(`^task ${index} of 4 in job 1, GPU SIM-[01]\n$`),
    );
});

test.concurrent("a script runs as it was when it was submitted, with its arguments, in the folder of the submitter", async () => {
  await using stint = new ScriptStint();
  stint.write("job.sh", 'echo "$# $1|$2 ${SLURM_JOB_ID-no job of Slurm}" > "$PWD/$3"\n');
  await stint.ok("submit", "--gpus", "0", "job.sh", "--", "a b", "--flag", "first");
  stint.write("job.sh", "false\n");
  await stint.ok("drain");
  expect(stint.textOf("first")).toBe("3 a b|--flag no job of Slurm\n");
  const { code, out, err } = await stint.run(["run", "-", "--", "x"], {
    input: "#!/bin/sh\n#SBATCH -c 1\necho $1 $SLURM_JOB_ID $SLURM_CPUS_PER_TASK\n",
  });
  expect([code, out, err]).toEqual([0, "x 2 1\n", expect.stringContaining("completed")]);
  expect(err).not.toContain("stdin");
  stint.write("quiet.slurm", "#!/bin/sh\n#SBATCH -p gpu\ntrue\n");
  expect(await stint.run(["run", "-q", "quiet.slurm"])).toEqual({ code: 0, out: "", err: "" });
});

test.concurrent.skipIf(Bun.which("python3") === null)(
  "a Python script finds the modules beside it",
  async () => {
    await using stint = new ScriptStint();
    mkdirSync(join(stint.root, "src"));
    stint.write("src/helper.py", "WORD = 'found'\n");
    stint.write("src/train.py", "import sys, helper\nprint(helper.WORD, sys.argv[1])\n");
    expect(await stint.ok("run", "src/train.py", "--", "0.1")).toBe("found 0.1");
  },
);

test.concurrent("scripts in the inbox are queued, and say on record what has no effect", async () => {
  await using stint = new ScriptStint();
  await stint.up();
  writeFileSync(
    join(stint.home, "inbox", "night.slurm"),
    "#!/bin/sh\n#SBATCH -p gpu\n#SBATCH -J late\ntrue\n",
  );
  await stint.reach(1, "completed");
  writeFileSync(join(stint.home, "inbox", "two.sh"), "#!/bin/sh\n#SBATCH --nodes=2\ntrue\n");
  const reason = join(stint.home, "inbox", ".rejected", "two.sh.error.txt");
  await until("the second is refused", () => existsSync(reason));
  expect(readFileSync(reason, "utf8")).toContain("two.sh:2:9: --nodes 2: stint runs on one machine only");
  expect(stint.record(1).metadata).toMatchObject({
    name: "late",
    annotations: { "sbatch.ignored": "--partition=gpu" },
  });
});

test.concurrent("a script in the inbox that a process still writes is left alone until it is whole", async () => {
  await using stint = new ScriptStint();
  await stint.ok("up", "--detach");
  const path = join(stint.home, "inbox", "slow.sh");
  const file = openSync(path, "a");
  writeSync(file, "#!/bin/sh\necho first\n");
  const log = join(stint.home, "supervisor.log");
  await until("the supervisor has seen it", () =>
    readFileSync(log, "utf8").includes("holds it open for writing"),
  );
  expect(stint.records()).toEqual([]);
  writeSync(file, "echo second\n");
  closeSync(file);
  await stint.reach(1, "completed");
  expect(await stint.ok("logs", "1")).toBe("first\nsecond");
  await stint.ok("down");
});

test.concurrent("a schedule may name a script, and show tells what of it has no effect", async () => {
  await using stint = new ScriptStint();
  stint.write(
    "job.slurm",
    "#!/bin/sh\n#SBATCH -p gpu --array=3-4\necho $SLURM_ARRAY_TASK_ID >> $HOME/seen\n",
  );
  stint.write("night.yaml", `every: 7d\nfile: ${join(stint.root, "job.slurm")}\n`);
  await stint.ok("schedules", "add", "night.yaml");
  await stint.ok("schedules", "run", "night");
  await stint.ok("drain");
  expect(stint.textOf("seen")).toBe("3\n4\n");
  expect(await stint.ok("show", "1")).toContain("ignored   --partition=gpu (see stint help sbatch)\n");
});

test.concurrent("what may be an argument or another task is refused, as is a command beside files", async () => {
  await using stint = new ScriptStint();
  stint.write("job.slurm", "#!/bin/sh\n#SBATCH -c 1\ntrue\n");
  stint.write("train.py", "pass\n");
  stint.write("a.yaml", 'run: "true"\n');
  for (const [line, told] of [
    [
      ["job.slurm", "train.py"],
      'Cannot read the command line: "train.py" after "job.slurm" may be an argument of the script, or another task [USAGE]\n  its arguments follow --: stint submit job.slurm -- train.py   another task: submit it alone\n',
    ],
    [["job.slurm", "10"], '"10" after "job.slurm" may be an argument of the script'],
    [["train.py", "10"], '"10" after "train.py" may be an argument of the script'],
    [
      ["-e", "a.err", "train.py"],
      "wanted NAME=VALUE [USAGE]\n  for a link to the log of stderr: --error a.err\n",
    ],
    [["a.yaml", "--", "x"], 'Cannot queue "a.yaml" and a command together'],
    [["job.slurm", "train.py", "--", "x"], 'Cannot queue "job.slurm" and a command together'],
    [["--wrap", "true", "a.yaml"], "--wrap and a.yaml cannot be combined"],
    [["--wrap", "true", "--", "a"], "--wrap and a command cannot be combined"],
  ] as const) {
    const { code, out, err } = await stint.run(["submit", ...line]);
    expect([code, out, err]).toEqual([2, "", expect.stringContaining(told)]);
  }
  expect(stint.records()).toEqual([]);
  expect(await stint.ok("submit", "-q", "job.slurm", "job.slurm")).toBe("000001-job\n000002-job");
});

test.concurrent("the words of sbatch on the command line mean what they mean there", async () => {
  await using stint = new ScriptStint();
  const line = ["-n", "2", "--mem-per-cpu=100", "-p", "gpu", "-J", "wrapped", "-o", "%x.out", "--parsable"];
  const wrap = 'echo "$SLURM_NTASKS $SLURM_MEM_PER_NODE $SLURM_JOB_NAME"';
  const { code, out, err } = await stint.run(["submit", ...line, "--export=ALL,A=1", "--wrap", wrap]);
  expect([code, out, err]).toEqual([0, "000001-wrapped\n", ""]);
  await stint.ok("drain", "--jobs", "1");
  expect(stint.record(1).status.reason).toBe("Succeeded");
  expect(lstatSync(join(stint.root, "wrapped.out")).isSymbolicLink()).toBe(true);
  expect(stint.textOf("wrapped.out")).toBe("2 200 wrapped\n");
});

const TRAP = "trap 'echo saved; exit 0' USR1\n";

test.concurrent.each([
  // Far from the timeout, and late enough that the job has set its trap on a busy machine.
  ["the script alone", "B:USR1@592", `${TRAP}sleep 600 & wait $!\n`, "saved\n"],
  [
    "what the script started",
    "USR1@592",
    // The sleep ignores the signal: were it killed first, the wait would be over before the trap.
    `srun sh -c "${TRAP}(trap '' USR1; exec sleep 600) & wait \\$!"; echo done\n`,
    "saved\ndone\n",
  ],
])("a signal before the timeout goes to %s", async (_, signal, body, out) => {
  await using stint = new ScriptStint();
  stint.write("job.slurm", `#!/bin/sh\n#SBATCH --time=10 --signal=${signal}\n${body}`);
  expect(await stint.run(["run", "job.slurm"])).toMatchObject({ code: 0, out });
  expect(stint.files("runs/000001-job/1")).toContain("early-signal");
});

test.concurrent("explain says what to do about a `module` that this machine does not have", async () => {
  await using stint = new ScriptStint();
  stint.write("job.slurm", "#!/bin/sh\n#SBATCH -c 1\nmodule load cuda/12\nexit 3\n");
  const { code } = await stint.run(["run", "job.slurm"]);
  expect(code).toBe(3);
  expect(await stint.ok("explain", "1")).toEndWith(
    `\`module\` belongs to a cluster, and this machine has none: leave the line out, and have the programs on PATH
(conda, venv, apt), or install environment-modules.`,
  );
});
