import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";

const LINES: readonly (readonly [line: string, code: number, says: string])[] = [
  ["-v ls", 2, "the version: stint --version, or stint -V"],
  ["--status", 2, "a verb has no dashes: stint status"],
  ["--daemon", 2, "to start the supervisor: stint up --detach"],
  ["--frobnicate", 2, "the verbs: stint --help; without a verb, stint lists the queue: stint ls --help"],
  ["--running", 2, "use --state running"],
  ["ls --runing", 2, "use --state running"],
  ["ls --complete", 2, "use --state completed"],
  ["-10", 2, "use -n 10"],
  ["logs -100 12", 2, "use -n 100"],
  ["kill -9 22", 2, "use --signal KILL"],
  ["kill -USR1 22", 2, "use --signal USR1"],
  ["kill -s HUP 22", 2, "use --signal HUP"],
  ["restart --all-failed", 2, "did you mean --failed?"],
  ["retry --failed-only", 2, "did you mean --failed?"],
  ["cancel --memory 3 1", 2, "use stint set TASK memory=3"],
  ["run --follow -- true", 125, "leave it out: run waits for its tasks"],
  ["submit --name 12 -- true", 2, "a name begins with a letter: write t12"],
  ["submit --name 2024-a -- true", 2, "a name begins with a letter: write t2024-a"],
  ["clean --all", 2, "all that have ended: stint clean --older-than 0s --dead-letter"],
  ["clean -f", 2, "leave it out: clean does not ask"],
  ["ls --state fail", 2, "did you mean failed?"],
  ["ls -s running", 2, "use --state running"],
  ["ls -g gpu", 2, "use --slot gpu"],
  ["help 3", 2, "about a task: stint show 3"],
  ["jobs=3", 2, "without =: stint jobs 3"],
  ["enqueue 11", 3, "to let a held task start: stint release 11"],
  ["run -d echo hi", 125, "to queue it, and not wait: stint submit -- echo hi"],
  ["run --rm python", 125, "a job has no terminal"],
  ["down --force", 2, "use --stop-jobs"],
  ["remove 8", 2, "to remove ended ones: stint clean TASK"],
  ["schedules add job.slurm", 6, "to queue it: stint submit job.slurm"],
];

test("a flag or a file of another tool is told what to write in stint", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "job.slurm"), "#!/bin/bash\n#SBATCH --time=10\necho hi\n");
  for (const [line, code, says] of LINES) {
    const ended = await stint.run(line.split(" "));
    expect([line, ended.code, ended.err]).toEqual([line, code, expect.stringContaining(says)]);
  }
  expect(stint.records()).toEqual([]);
});

const OF_TASKS: readonly (readonly [line: string, code: number, says: string])[] = [
  ["clean all", 3, "stint clean --older-than 0s"],
  ["cancel all", 3, "--all"],
  ["ls failed", 3, "tasks in this state: --state failed"],
  ["move 2 1", 2, "to move it before 1: stint move 2 --before 1"],
];

test("a word that is no task is told what it stands for elsewhere", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--hold", "--array", "1-2", "--", "true");
  for (const [line, code, says] of OF_TASKS) {
    const ended = await stint.run(line.split(" "));
    expect([line, ended.code, ended.err]).toEqual([line, code, expect.stringContaining(says)]);
  }
});
