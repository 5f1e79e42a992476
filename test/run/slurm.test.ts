import { describe, expect, test } from "bun:test";
import { mkdirSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { linkLogs, slurmVariables, srunVariables } from "../../src/run/slurm.ts";
import { aSpec, asClaimed, asRunning, aTask } from "../rig/tasks.ts";
import { TempDirectory } from "../rig/temp-home.ts";

const GROUP = { name: "grid", index: 2, size: 3, values: { index: "7" }, id: 4 };
const NODE = { node: "box", devices: [] };

describe("the variables of a job of Slurm", () => {
  test("are those that one machine can give", () => {
    const spec = {
      slurm: { tasks: 2, submitDir: "/from" },
      resources: { cpus: 8, memoryBytes: 3 * 2 ** 30 },
    };
    const task = asRunning(aTask({ number: 5, name: "train", spec }));
    expect(slurmVariables(task, { node: "box", devices: [{ id: "GPU-a", index: 1 }] })).toEqual({
      SLURM_JOB_ID: "5",
      SLURM_JOBID: "5",
      SLURM_JOB_NAME: "train",
      SLURM_JOB_USER: "ada",
      SLURM_SUBMIT_DIR: "/from",
      SLURM_SUBMIT_HOST: "box",
      SLURM_NTASKS: "2",
      SLURM_NPROCS: "2",
      SLURM_CPUS_PER_TASK: "4",
      SLURM_CPUS_ON_NODE: "8",
      SLURM_TASKS_PER_NODE: "2",
      SLURM_JOB_CPUS_PER_NODE: "8",
      SLURM_NNODES: "1",
      SLURM_JOB_NUM_NODES: "1",
      SLURM_JOB_NODELIST: "box",
      SLURM_NODELIST: "box",
      SLURMD_NODENAME: "box",
      SLURM_NODEID: "0",
      SLURM_PROCID: "0",
      SLURM_LOCALID: "0",
      SLURM_MEM_PER_NODE: "3072",
      SLURM_JOB_GPUS: "1",
      SLURM_GPUS_ON_NODE: "1",
    });
  });

  test("name the member of an array", () => {
    const task = asRunning(aTask({ number: 5, spec: { slurm: {} }, metadata: { group: GROUP } }));
    expect(slurmVariables(task, NODE)).toMatchObject({
      SLURM_JOB_NAME: "grid",
      SLURM_ARRAY_JOB_ID: "4",
      SLURM_ARRAY_TASK_ID: "7",
      SLURM_ARRAY_TASK_COUNT: "3",
      SLURM_NTASKS: "1",
      SLURM_SUBMIT_DIR: "/",
    });
  });

  test("count restarts once there is one", () => {
    const task = aTask({ spec: { slurm: {} } });
    expect(slurmVariables(asClaimed(task), NODE)["SLURM_RESTART_COUNT"]).toBeUndefined();
    const second = asClaimed({ ...task, status: { ...task.status, attempt: 2 } });
    expect(slurmVariables(second, NODE)["SLURM_RESTART_COUNT"]).toBe("2");
  });

  test("are none for a task that is no job of Slurm", () => {
    expect(slurmVariables(asRunning(aTask()), NODE)).toEqual({});
  });
});

describe("srun", () => {
  /** Runs a line in a job's shell. */
  async function said(line: string, shell: readonly string[] = ["sh"], env: Record<string, string> = {}) {
    await using folder = new TempDirectory();
    const programs = join(folder.path, "it's here");
    const variables = srunVariables(programs, "/usr/bin:/bin");
    const { stdout, stderr, exitCode } = Bun.spawnSync([...shell, "-c", line], {
      cwd: folder.path,
      env: { ...variables, SLURM_JOB_ID: "5", SLURM_JOB_NAME: "x", SLURM_NTASKS: "1", ...env },
    });
    return [stdout.toString(), stderr.toString(), exitCode];
  }

  test.each([
    ["srun printf '%s|' -n 2 'a  b' ''", "-n|2|a  b||"],
    ["srun -n 1 -N1 -c4 --gres=gpu:1 --mem 4G --exclusive -u --mpi=pmix --cpu-bind none echo a", "a\n"],
    ["srun --ntasks=1 --nodes 1-1 -- echo a", "a\n"],
    ["srun --export=ALL,A='b c',D=1 sh -c 'echo \"$A$D\"'", "b c1\n"],
    ["mkdir d; srun -D d pwd | sed 's|.*/||'", "d\n"],
    ["srun -o %x-%j.txt sh -c 'echo a; echo b >&2'; cat x-5.txt", "a\nb\n"],
    ["srun sh -c 'echo $SLURM_PROCID $SLURM_NTASKS'", "0 1\n"],
    ["srun sh -c 'sleep 0' & wait $!; srun sh -c 'exit 3'; echo $?", "3\n"],
  ])("runs the words of %j in its place", async (line, out) => {
    expect(await said(line)).toEqual([out, "", 0]);
  });

  test("is there in a login shell too, which sets PATH again", async () => {
    const [out, , code] = await said("PATH=/usr/bin:/bin; srun echo a", ["bash", "-l"], { HOME: "/nowhere" });
    expect([out, code]).toEqual(["a\n", 0]);
  });

  const OTHERS =
    "stint starts one task: start the others in the script, by mpirun or torchrun, or in the background and with wait";

  test.each([
    ["srun -n 2 true", {}, "the number of tasks is 2, wanted 1", OTHERS],
    ["srun true", { SLURM_NTASKS: "4" }, "the number of tasks is 4, wanted 1", OTHERS],
    ["srun --ntasks-per-node=2 true", {}, "--ntasks-per-node is 2, wanted 1", OTHERS],
    ["srun -N2 true", {}, "-N is 2, wanted 1", OTHERS],
    ["srun --multi-prog conf", {}, "--multi-prog starts several tasks", OTHERS],
    ["srun -n1", {}, "there is no command", "srun COMMAND"],
    [
      "srun --export=NONE true",
      {},
      "--export is NONE, wanted ALL or NAME=VALUE",
      "for an empty environment: srun env -i COMMAND",
    ],
  ])("refuses %j with %j", async (line, env, what, hint) => {
    expect(await said(line, ["sh"], env)).toEqual(["", `srun: Cannot run: ${what}\n  ${hint}\n`, 1]);
  });

  test("is one task where the job has several", async () => {
    expect(await said("srun -n 1 echo a", ["sh"], { SLURM_NTASKS: "4" })).toEqual(["a\n", "", 0]);
  });
});

describe("the links to a log", () => {
  async function inFolder(look: (of: { cwd: string; runs: string; log: string }) => void): Promise<void> {
    await using folder = new TempDirectory();
    const at = (name: string): string => join(folder.path, name);
    mkdirSync(at("runs/000001-train/1"), { recursive: true });
    mkdirSync(at("work"));
    look({ cwd: at("work"), runs: at("runs"), log: at("runs/000001-train/1") });
  }
  const taskWith = (cwd: string, separate: boolean, slurm: { output?: string; error?: string }) =>
    asRunning(
      aTask({
        spec: {
          slurm,
          kind: { ...aSpec().kind, cwd },
          logs: { ...aSpec().logs, separate },
        },
      }),
    );

  test("have the names of the script, and folders are made for them", async () => {
    await inFolder(({ cwd, runs, log }) => {
      const task = taskWith(cwd, true, { output: "logs/%x-%j.out", error: "%u.err" });
      expect(linkLogs(task, { directory: log, runs, node: "box" })).toEqual([]);
      expect(readlinkSync(join(cwd, "logs/train-1.out"))).toBe(join(log, "stdout.log"));
      expect(readlinkSync(join(cwd, "ada.err"))).toBe(join(log, "stderr.log"));
    });
  });

  test("lead to the latest attempt, and replace nothing but such links", async () => {
    await inFolder(({ cwd, runs, log }) => {
      symlinkSync(join(runs, "000001-train/0/output.log"), join(cwd, "a.out"));
      const task = taskWith(cwd, false, { output: "a.out" });
      expect(linkLogs(task, { directory: log, runs, node: "box" })).toEqual([]);
      expect(readlinkSync(join(cwd, "a.out"))).toBe(join(log, "output.log"));
      writeFileSync(join(cwd, "b.out"), "results of last year");
      symlinkSync("b.out", join(cwd, "c.out"));
      for (const name of ["b.out", "c.out"]) {
        expect(
          linkLogs(taskWith(cwd, false, { output: name }), { directory: log, runs, node: "box" }),
        ).toEqual([
          `000001-train: its log has no link "${join(cwd, name)}": there is something else of this name, which stays`,
        ]);
        expect(statSync(join(cwd, name)).size).toBe(20);
      }
    });
  });
});
