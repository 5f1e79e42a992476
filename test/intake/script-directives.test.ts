import { describe, expect, test } from "bun:test";
import type { GivenOption } from "../../src/intake/script/given.ts";
import { NOWHERE } from "../../src/intake/value.ts";
import type { Draft } from "../../src/model/submission.ts";
import { draftOf, draftsOf } from "./script-rig.ts";

function typed(name: string, text: string): GivenOption {
  return { name, text, flag: `--${name}`, span: NOWHERE };
}

/** What a draft has in a place, such as `spec.resources.cpus`. */
function at(draft: Draft, path: string): unknown {
  let found: unknown = draft;
  for (const key of path.split("/")) found = (found as Record<string, unknown> | undefined)?.[key];
  return found;
}

/** Directives in the shapes that people write, the most frequent first; where in the draft, and what is there. */
const MEANINGS: readonly (readonly [directives: string, path: string, value: unknown])[] = [
  ["#SBATCH --time=30", "spec/timeoutMs", 30 * 60_000],
  ["#SBATCH --time=30:15", "spec/timeoutMs", (30 * 60 + 15) * 1_000],
  ["#SBATCH --time=04:00:00", "spec/timeoutMs", 4 * 3_600_000],
  ["#SBATCH --time 1-0", "spec/timeoutMs", 24 * 3_600_000],
  ["#SBATCH -t 2-12:30", "spec/timeoutMs", (60 * 60 + 30) * 60_000],
  ["#SBATCH -t2-12:30:05   # two and a half days", "spec/timeoutMs", (60 * 3_600 + 30 * 60 + 5) * 1_000],
  ["#SBATCH --time=UNLIMITED", "spec/timeoutMs", undefined],
  ["#SBATCH --time=0", "spec/timeoutMs", undefined],
  ["#SBATCH --nodes=1", "annotations", {}],
  ["#SBATCH -N 1-1", "annotations", {}],
  ["#SBATCH --job-name=bert_pretrain", "name", "bert_pretrain"],
  ['#SBATCH -J "my job (1)"', "name", "my-job-1"],
  ["#SBATCH --job-name=2nd", "name", "nd"],
  ["#SBATCH --cpus-per-task=8", "spec/resources/cpus", 8],
  ["#SBATCH --cpus-per-t 8", "spec/resources/cpus", 8],
  ["#SBATCH --ntasks=4", "spec/resources/cpus", 4],
  ["#SBATCH --ntasks=4", "spec/slurm/tasks", 4],
  ["#SBATCH -n 4 -c 2", "spec/resources/cpus", 8],
  ["#SBATCH --ntasks-per-node=4\n#SBATCH -c2", "spec/resources/cpus", 8],
  ["#SBATCH --cpus-per-gpu=6 --gpus=2", "spec/resources/cpus", 12],
  ["#SBATCH --mem-per-cpu=2G", "spec/resources/memoryBytes", 2 * 2 ** 30],
  ["#SBATCH --mem-per-cpu=1500 -c 4", "spec/resources/memoryBytes", 6_000 * 2 ** 20],
  ["#SBATCH --mem=16G", "spec/resources/memoryBytes", 16 * 2 ** 30],
  ["#SBATCH --mem=16000", "spec/resources/memoryBytes", 16_000 * 2 ** 20],
  ["#SBATCH --mem=16GB", "spec/resources/memoryBytes", 16 * 2 ** 30],
  ["#SBATCH --mem=0", "annotations/sbatch.ignored", "--mem=0"],
  ["#SBATCH --mem-per-gpu=10G --gres=gpu:2", "spec/resources/memoryBytes", 20 * 2 ** 30],
  ["#SBATCH --output=logs/%x-%j.out", "spec/slurm/output", "logs/%x-%j.out"],
  ["#SBATCH -o a.out\n#SBATCH -e a.out", "spec/logs/separate", false],
  ["#SBATCH -o /dev/null", "spec/slurm/output", undefined],
  ["#SBATCH --error=%j.err", "spec/slurm/error", "%j.err"],
  ["#SBATCH --error=%j.err", "spec/logs/separate", true],
  ["#SBATCH --gres=gpu:1", "spec/resources/gpus", 1],
  ["#SBATCH --gres=gpu", "spec/resources/gpus", 1],
  ["#SBATCH --gres=gpu:a100:2", "spec/resources", { gpus: 2, gpuModel: "a100" }],
  ["#SBATCH --gres=gpu:a100", "spec/resources", { gpus: 1, gpuModel: "a100" }],
  ["#SBATCH --gres=gpu:2,scratch:10G", "annotations/sbatch.ignored", "--gres=scratch:10G"],
  ["#SBATCH -G 2", "spec/resources/gpus", 2],
  ["#SBATCH --gpus=v100:2", "spec/resources", { gpus: 2, gpuModel: "v100" }],
  ["#SBATCH --gpus-per-node=2", "spec/resources/gpus", 2],
  ["#SBATCH --gpus-per-task=2 --ntasks=2", "spec/resources/gpus", 4],
  [
    "#SBATCH --dependency=afterok:12:13,afterany:9",
    "parents",
    [
      { reference: "12", when: "success" },
      { reference: "13", when: "success" },
      { reference: "9", when: "any" },
    ],
  ],
  [
    "#SBATCH --dependency=afterok:12?afterok:13:14",
    "parents",
    ["12", "13", "14"].map((reference) => ({ reference, when: "oneOf" })),
  ],
  ["#SBATCH -d afternotok:4", "parents", [{ reference: "4", when: "failure" }]],
  ["#SBATCH -J night -d singleton", "spec/slot", "night"],
  ["#SBATCH --kill-on-invalid-dep=yes", "spec/onParentFailure", "cancel"],
  ["#SBATCH --begin=now+1hour", "spec/notBefore", "2026-05-01T13:00:00.000Z"],
  ["#SBATCH --begin=now+90", "spec/notBefore", "2026-05-01T12:01:30.000Z"],
  ["#SBATCH --begin=2027-01-02T03:04:05Z", "spec/notBefore", "2027-01-02T03:04:05.000Z"],
  ["#SBATCH --hold", "spec/hold", true],
  ["#SBATCH --no-requeue", "spec/retry", { maxAttempts: 1, scope: "any", maxOrphans: 3, onOrphan: "never" }],
  ["#SBATCH --requeue", "spec/retry/onOrphan", "requeue"],
  ["#SBATCH --export=ALL", "spec/kind/environment", { policy: "inherit" }],
  ["#SBATCH --export=ALL,A=1,B=x", "spec/kind/env", { A: "1", B: "x" }],
  ["#SBATCH --export=NIL", "spec/kind/environment", { policy: "clear" }],
  [
    "#SBATCH --export=WANDB_DIR",
    "spec/kind/environment",
    { policy: "allowlist", names: ["HOME", "USER", "LOGNAME", "SHELL", "LANG", "PATH", "WANDB_DIR"] },
  ],
  ["#SBATCH --chdir=out", "spec/kind/cwd", "/work/out"],
  ["#SBATCH --chdir=out", "spec/slurm/submitDir", "/work"],
  ["#SBATCH --signal=B:usr1@120", "spec/slurm/signal", "B:USR1@120"],
  ["#SBATCH --signal=SIGTERM", "spec/slurm/signal", "SIGTERM@60"],
  ["#SBATCH --comment='a b'", "annotations/comment", "a b"],
  ["#SBATCH --nice=-50", "spec/priority", 50],
  ["#SBATCH --open-mode=append --parsable", "annotations", {}],
  [
    "#SBATCH -p gpu --qos normal\n#SBATCH --account=ml --exclusive --nice -C 'a&b'",
    "annotations/sbatch.ignored",
    "--partition=gpu, --qos=normal, --account=ml, --exclusive, --nice, --constraint=a&b",
  ],
  [
    "#SBATCH --mail-type=END,FAIL\n#SBATCH --mail-user=ada@example.org",
    "annotations/sbatch.ignored",
    "--mail-type=END,FAIL, --mail-user=ada@example.org",
  ],
  ["#SBATCH --mail-type=NONE", "annotations", {}],
  ["# a comment\n\n##SBATCH --hold\n# SBATCH --hold\n#SBATCH -c 3", "spec/resources/cpus", 3],
  ["#SBATCH -c 3", "spec/hold", false],
  ["cd x\n#SBATCH -c 3", "spec/resources", {}],
  ["#SBATCH -c 2\n#SBATCH -c 3", "spec/resources/cpus", 3],
  ["#STINT retries: 2\n#STINT labels:\n#STINT   team: vision", "labels", { team: "vision" }],
  ["#SBATCH --time=24:00:00\n#STINT timeout: 1h", "spec/timeoutMs", 3_600_000],
];

describe("a directive", () => {
  test.each(MEANINGS)("%j makes %s", (directives, path, value) => {
    expect(at(draftOf(directives), path)).toEqual(value);
  });

  test("of an array makes a member for each number, and how many run at a time", () => {
    const drafts = draftsOf("#!/bin/sh\n#SBATCH --array=0-6:3,12%2\n#SBATCH -J grid\ntrue\n");
    expect(
      drafts.map(({ name, group, spec }) => [name, group?.values, group?.maxParallel, spec.kind.env]),
    ).toEqual(
      ["0", "3", "6", "12"].map((index, place) => [
        `grid-${place + 1}`,
        { index },
        2,
        { SLURM_ARRAY_TASK_MIN: "0", SLURM_ARRAY_TASK_MAX: "12" },
      ]),
    );
  });

  test("below the first command is a comment, and is on record as such", () => {
    const text = "#!/bin/sh\n#SBATCH -c 2\ntrue\n#SBATCH --hold\n";
    expect(draftsOf(text)[0]).toMatchObject({
      annotations: { "sbatch.ignored": "#SBATCH in line 4, below the first command" },
      spec: { hold: false },
    });
  });

  test("gives way to the command line, also where that says it in other words", () => {
    const options = [typed("gres", "gpu:1"), typed("mem", "1G"), typed("ntasks", "2"), typed("nodes", "1")];
    const draft = draftOf(
      "#SBATCH -N 4 --gpus=a100:4\n#SBATCH --mem-per-cpu=8G -n 8 -c 2\n#STINT memory: 9GB\n#STINT hold: true",
      { options },
    );
    expect(draft.spec).toMatchObject({
      resources: { gpus: 1, memoryBytes: 2 ** 30, cpus: 4 },
      slurm: { tasks: 2 },
      hold: true,
    });
    expect(draft.spec.resources.gpuModel).toBeUndefined();
  });

  test("gives way to an array of the command line", () => {
    const sweep = [
      {
        key: "array",
        span: NOWHERE,
        value: { type: "scalar", data: "7-8", text: "7-8", path: "--array", span: NOWHERE } as const,
      },
    ];
    const drafts = draftsOf("#!/bin/sh\n#SBATCH -a 0-99\ntrue\n", { sweep });
    expect(drafts.map(({ group }) => group?.values["index"])).toEqual(["7", "8"]);
  });
});
