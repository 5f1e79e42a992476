import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** A home with the programs of Slurm in `bin`. */
class SlurmStint extends Stint {
  /** Runs a line of a shell that finds the programs; what it prints. */
  async sh(line: string): Promise<string> {
    const { STINT_HOME: _, ...env } = this.env;
    const child = Bun.spawn(["/bin/sh", "-c", line], {
      cwd: this.root,
      env: { ...env, PATH: `${join(this.root, "bin")}:${env["PATH"] ?? ""}` },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return code === 0 ? out : `${out}${err}exit ${code}\n`;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.root, name), text);
  }
}

/** As submitit does: it saves its state on USR2, asks to be queued again, and ends; TERM it passes over. */
const CHECKPOINTED = `#!/bin/bash
#SBATCH --job-name=saved
srun --output %j.out sh -c 'trap "" TERM
trap "scontrol requeue $SLURM_JOB_ID && echo saved >state && exit 9" USR2
echo >started; [ ! -e state ] || exit 0; while :; do sleep 0.05; done'
`;

describe("the programs of stint slurm-shims", () => {
  test("submit, list and cancel jobs and arrays as those of Slurm", async () => {
    await using stint = new SlurmStint();
    await stint.up();
    expect(await stint.ok("slurm-shims", "bin")).toContain("bin/sbatch");
    stint.write(
      "job.sh",
      '#!/bin/sh\n#SBATCH --array=0-2 --job-name=grid\necho "$1 $SLURM_ARRAY_TASK_ID" >>seen\n',
    );
    expect(await stint.sh("sbatch job.sh 'a  b'")).toBe("Submitted batch job 1\n");
    expect(await stint.sh("sbatch --parsable -J wide --wrap 'exit 3'")).toBe("4\n");
    for (const number of [1, 2, 3]) await stint.reach(number, "completed");
    await stint.reach(4, "failed");
    expect(stint.textOf("seen").trim().split("\n").toSorted()).toEqual(["a  b 0", "a  b 1", "a  b 2"]);
    expect(await stint.sh("sacct -o JobID,JobName,State,ExitCode --parsable2 -j 1 -j 4")).toBe(
      [
        "JobID|JobName|State|ExitCode",
        "1_0|grid|COMPLETED|0:0",
        "1_1|grid|COMPLETED|0:0",
        "1_2|grid|COMPLETED|0:0",
        "4|wide|FAILED|3:0\n",
      ].join("\n"),
    );
    expect(await stint.sh("sacct -nP -o JobID -j '1_[1-2]'")).toBe("1_1\n1_2\n");
    expect(await stint.sh("sbatch --hold -t 10 --wrap 'sleep 1'")).toBe("Submitted batch job 5\n");
    expect(await stint.sh("squeue -h -o '%i %j %t %T'")).toMatch(/^5 \S+ PD PENDING\n$/);
    expect(await stint.sh("scancel 5 && squeue -h && sacct -nPo State -j 5")).toBe("CANCELLED\n");
    expect(await stint.sh("sacct -o Nothing")).toMatch(/Cannot run sacct: its field Nothing is unknown here/);
    expect(await stint.sh("scontrol show hostnames n1")).toBe("n1\n");
  });

  test("queue a job again that asks for it on a signal, and count no failure", async () => {
    await using stint = new SlurmStint();
    await stint.up();
    await stint.ok("slurm-shims", "bin");
    stint.write("job.sh", CHECKPOINTED);
    expect(await stint.sh("sbatch job.sh")).toBe("Submitted batch job 1\n");
    await until("it has started", () => existsSync(join(stint.root, "started")));
    expect(await stint.sh("scancel 1 --signal USR2")).toBe("");
    const { status } = await stint.reach(1, "completed");
    expect(status.attempts.map(({ state }) => state)).toEqual(["cancelled", "completed"]);
    expect(readFileSync(join(stint.root, "state"), "utf8")).toBe("saved\n");
  });

  test("take the place of no other program", async () => {
    await using stint = new SlurmStint();
    mkdirSync(join(stint.root, "bin"));
    stint.write("bin/sacct", "of a cluster");
    const { code, err } = await stint.run(["slurm-shims", "bin"]);
    expect({ code, err }).toEqual({
      code: 4,
      err: expect.stringContaining("sacct exists, and stint did not write it"),
    });
    expect(stint.files("../bin")).toEqual(["sacct"]);
    await stint.ok("slurm-shims", "bin", "--force");
    expect(stint.textOf("bin/sacct")).toContain("slurm-program");
  });
});
