import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allVerbs } from "../cli/command-line/verbs.ts";
import { fillQueue } from "./queue.ts";
import { refusedLines } from "./refusals.ts";
import { Stage, screen } from "./stage.ts";

/** Their exit codes are those of tasks, so that an own error has one of its own; for submit, with --wait. */
const MIRRORING = ["run", "wait", "submit"];

test.each(await allVerbs())(
  "every wrong line of %s is refused, says what is wrong, and does nothing",
  async (name, verb) => {
    await using stage = new Stage();
    const breaches: unknown[] = [];
    const told: string[] = [];
    for (const { kind, words } of refusedLines(name, verb)) {
      const { out, err, exit } = await stage.show(words);
      const isPlain =
        err.startsWith("stint: Cannot read the command line: ") && err.trimEnd().split("\n").length <= 2;
      const isUsage = exit === "usage" || (MIRRORING.includes(name) && exit === "ownError");
      if (out !== "" || !isPlain || !isUsage) breaches.push({ kind, words, out, err, exit });
      told.push(`$ stint ${words.join(" ")}\n${err.trimEnd()}`);
    }
    expect(breaches).toEqual([]);
    expect(existsSync(stage.home)).toBe(false);
    expect(`\n${told.join("\n\n")}\n`).toMatchSnapshot();
  },
);

describe("on a queue", () => {
  const stage = new Stage();
  beforeAll(async () => {
    await fillQueue(stage);
    writeFileSync(join(stage.folder, "faulty.yaml"), "name: x y\nrun: echo\ntimeuot: 5m\nmemory: lots\n");
    writeFileSync(join(stage.folder, "empty.yaml"), "");
    writeFileSync(
      join(stage.folder, "train.slurm"),
      "#!/bin/sh\n#SBATCH -N 2 --tiem=4\n#SBATCH -t 1:x\nexit 0\n",
    );
    writeFileSync(join(stage.folder, "train"), "#!/bin/sh\n#STINT retires: 3\nexit 0\n");
    writeFileSync(join(stage.folder, "hello.yaml"), "run: echo hello\n");
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  test.each([
    ["names of tasks", ["show nosuch", "show 99", "show 90-99", "show trian", "explain @~99", "wait nosuch"]],
    ["sweeps", ["ls --group nosuch", "show --group 1", "stats --group nosuch", "cancel --group nosuch"]],
    ["logs", ["logs held", "logs 000015-held", "logs eval --attempt 9"]],
    [
      "tasks to act on",
      ["cancel", "retry", "hold", "release", "set", "set 9", "move held top", "clean --older-than 7"],
    ],
    [
      "keys",
      [
        "set 15 nokey=1",
        "set 15 prioritty=5",
        "set 15 priority=abc",
        "set 15 after=1",
        "set 15 name=x",
        "set 15 priority",
        "set 15 prio=50",
        "set held priority 50",
        "set 15 --timeout 8s",
        "edit 15 --timeout=8s",
        "set grid-5 matrix.lr=9",
        "set grid-5 lr=9",
        "retry --failed timeout=8s",
        "retry 2-4 --timeout 8s",
        "retry 2-4 --mem",
        "hold held priority=5",
      ],
    ],
    [
      "what to queue",
      [
        "submit",
        "submit nosuch.yaml",
        "submit faulty.yaml",
        "submit empty.yaml",
        "submit train.slurm",
        "submit train",
        "submit hello.yaml memory=8GB",
        "submit --from 99",
        "submit --",
        "submit --after nosuch -- true",
        "submit --gpus 99 -- true",
        "submit --memory 1TB -- true",
        "validate faulty.yaml",
        "validate nosuch.yaml",
        "run",
      ],
    ],
    [
      "schedules",
      [
        "schedules show nosuch",
        "schedules pause broken",
        "schedules run broken",
        "schedules add",
        "schedules add hello.yaml",
        "schedules add --name nightly --every 6h -- true",
        "schedules add --name x -- true",
        "schedules add tidy --every 6h -- make clean",
        "schedules nosuch",
        "show nightly",
        "explain nightly",
        "logs nightly",
      ],
    ],
    [
      "templates and help",
      [
        "init nosuch",
        "init hello",
        "help nosuch",
        "help gpu_om",
        "help OOM",
        "help schedlues",
        "schema nosuch",
        "completion tcsh",
      ],
    ],
    [
      "verbs of others",
      [
        "nosuch",
        "000015",
        "000015-held",
        "sumbit",
        "start",
        "daemon",
        "shutdown",
        "prune",
        "purge",
        "squeue",
        "sbatch x.sh",
        "scancel 3",
        "sinfo",
        "sacct",
        "python train.py",
        "unhold",
        "complet",
      ],
    ],
    ["flags of other tools", ["ls -l", "ls --running", "ls --pending"]],
    ["the home", ["--home /dev/null ls", "--home= ls", "--home"]],
  ])("what is wrong with %s is told", async (_, lines) => {
    const told: string[] = [];
    for (const line of lines) {
      const shown = await stage.show(line.split(" "));
      told.push(`$ stint ${line}\n${screen(shown)}`);
      expect(shown.exit).not.toBe("done");
      // Advice names a task by its number, which is short to type.
      expect(shown.err).not.toMatch(/stint .*\b0\d{5}/);
    }
    expect(`\n${told.join("\n\n")}\n`).toMatchSnapshot();
  });
});
