import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

const CRONTAB = "*/5 * * * * /usr/bin/poll\n";

test("validate checks tasks, schedules and a config.yaml by what they are", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "a.yaml"), "run: a\n");
  writeFileSync(join(stint.root, "b.yaml"), "every: 5m\ntask: {run: a}\n");
  writeFileSync(join(stint.root, "config.yaml"), "jobs: 4\n");
  expect(await stint.ok("validate", "a.yaml", "b.yaml", "config.yaml")).toBe(
    "valid: schedule b, every 5m\nvalid: config config.yaml\nvalid: 2 tasks, a, a",
  );
  writeFileSync(join(stint.root, "c.yaml"), "jobs: x\n");
  expect((await stint.run(["validate", "c.yaml"])).err).toContain('c.yaml:1:7: "jobs" is "x"');
});

test("validate never speaks of queueing, whatever it refuses", async () => {
  await using stint = new Stint();
  const write = (name: string, text: string) => writeFileSync(join(stint.root, name), text);
  write("big.yaml", "run: a\nmemory: 9000TB\n");
  write("many.yaml", "run: a\ngpus: 99\n");
  write("big.slurm", "#!/bin/sh\n#SBATCH --mem=9000T\ntrue\n");
  write("daily.yaml", "every: 1d\ntask: { run: a, memory: 9000TB }\n");
  write("gone.yaml", `every: 1d\nfile: ${stint.root}/nosuch.yaml\n`);
  write("faulty.yaml", "nokey: a\n");
  const refusals: string[] = [];
  for (const words of [
    ["big.yaml"],
    ["many.yaml"],
    ["big.slurm"],
    ["daily.yaml"],
    ["gone.yaml"],
    ["--as", "schedule", "gone.yaml"],
    ["--as", "task", "daily.yaml"],
    ["faulty.yaml", "gone.yaml"],
    ["nosuch"],
    ["nokey=1"],
    // Not an argument of the script: there are none here.
    ["big.slurm", "nosuch"],
    ["-"],
  ]) {
    const { code, err } = await stint.run(["validate", ...words]);
    expect([words, code]).not.toEqual([words, 0]);
    expect(err).not.toMatch(/queue|submit --|may be an argument/);
    refusals.push(err.split("\n")[0] ?? "");
  }
  expect(refusals[0]).toStartWith('stint: Cannot run "a": it asks for');
  expect(refusals[4]).toEndWith('nosuch.yaml" for the schedule "gone": it is gone [INVALID_TASK_FILE]');
  expect(refusals.at(-1)).toBe("stint: stdin: 1 fault [INVALID_TASK_FILE]");
});

test("validate --as says what the files are", async () => {
  await using stint = new Stint();
  const input = "labels: {a: b}\n";
  expect(await stint.run(["validate", "--as", "config", "-"], { input })).toMatchObject({
    code: 0,
    out: "valid: config stdin\n",
  });
  const asSchedule = await stint.run(["validate", "--as", "schedule", "-"], { input });
  expect([asSchedule.code, asSchedule.err]).toEqual([
    6,
    expect.stringContaining("has neither cron nor every"),
  ]);
  const asOther = await stint.run(["validate", "--as", "record", "-"], { input });
  expect([asOther.code, asOther.err]).toEqual([
    2,
    expect.stringContaining("wanted one of task, schedule, config"),
  ]);
});

test("validate checks another config.yaml where that of the home is faulty", async () => {
  await using stint = new Stint();
  mkdirSync(stint.home, { mode: 0o700 });
  writeFileSync(join(stint.home, "config.yaml"), "jobs: abc\n");
  const asConfig = (input: string) => stint.run(["validate", "--as", "config", "-"], { input });
  expect(await asConfig("jobs: 4\n")).toMatchObject({ code: 0, out: "valid: config stdin\n" });
  const task = await stint.run(["validate", "-"], { input: "run: a\n" });
  expect([task.code, task.err]).toEqual([6, expect.stringContaining('"jobs" is "abc"')]);
});

test("a crontab is told as one wherever a task is wanted: in submit, validate and the inbox", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "tab"), CRONTAB);
  for (const verb of ["submit", "validate", "run"]) {
    const ran = await stint.run([verb, "tab"]);
    expect([verb, ran.code, ran.err]).toEqual([
      verb,
      verb === "run" ? 125 : 6,
      expect.stringContaining(
        "tab:1:1: the file is a crontab, wanted a task file\n  1 | */5 * * * * /usr/bin/poll\n    | ^^^^^^^^^^^^^^^^^^^^^^^^^\n    = to import it: stint import crontab tab",
      ),
    ]);
  }
  const added = await stint.run(["schedules", "add", "tab"]);
  expect(added.err).toContain("the file is a crontab, wanted a schedule");
  await stint.up();
  writeFileSync(join(stint.home, "inbox", "tab.yaml"), CRONTAB);
  await until("the file is refused", () => stint.files("inbox/.rejected").includes("tab.yaml.error.txt"));
  expect(readFileSync(join(stint.home, "inbox", ".rejected", "tab.yaml.error.txt"), "utf8")).toContain(
    "tab.yaml:1:1: the file is a crontab, wanted a task file",
  );
});
