import { expect, test } from "bun:test";
import { copyFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { markedProcesses, Stint, until } from "../rig/stint.ts";

const WAIT = "until test -e $HOME/go; do sleep 0.05; done";

test("jobs go on while the executable is replaced, and the new one records how they ended", async () => {
  await using stint = new Stint();
  const [installed, next] = ["stint", "stint.next"].map((name) => join(stint.root, name)) as [string, string];
  copyFileSync(stint.executable, installed);
  copyFileSync(stint.executable, next);
  stint.executable = installed;
  const old = await stint.up("--jobs", "3");
  const bun = `while (!(await Bun.file(process.env.HOME + "/go").exists())) await Bun.sleep(50)`;
  const jobs = [
    `name: a\nrun: ${WAIT}; exit 4\n`,
    `name: b\nrun: until test -e $HOME/meanwhile; do sleep 0.05; done; exit 5\n`,
    `name: c\nscript: |\n  ${bun}\n  process.exit(6)\nruntime: bun\n`,
  ];
  expect((await stint.run(["submit", "-"], { input: jobs.join("---\n") })).code).toBe(0);
  for (const number of [1, 2, 3]) await stint.reach(number, "running");
  await stint.ok("down");
  expect(await old.exited).toBe(0);
  writeFileSync(join(stint.root, "meanwhile"), "");
  const before = statSync(installed).ino;
  renameSync(next, installed);
  expect(statSync(installed).ino).not.toBe(before);
  await until("the second has ended meanwhile", () => stint.files("runs/000002-b/1").includes("exit.json"));
  await stint.up("--jobs", "3");
  await stint.reach(2, "failed");
  // The others were adopted: they run, and were not started again.
  expect([1, 3].map((number) => stint.record(number).status.state)).toEqual(["running", "running"]);
  writeFileSync(join(stint.root, "go"), "");
  for (const number of [1, 3]) await stint.reach(number, "failed");
  expect(stint.records().map(({ status }) => status.attempts.map(({ exitCode }) => exitCode))).toEqual([
    [4],
    [5],
    [6],
  ]);
});

test.concurrent.each([
  ["started itself", false, { code: "KILLED", rule: "signal" }],
  ["adopted", true, { code: "STALE_WORKER", rule: "process-gone" }],
])("a supervisor notices the death of a job that it %s", async (_what, isAdopted, failure) => {
  await using stint = new Stint();
  const first = await stint.up();
  await stint.ok("submit", "--", "sleep", "60");
  const { status } = await stint.reach(1, "running");
  if (isAdopted) {
    first.kill("SIGKILL");
    await first.exited;
    await stint.up();
  }
  const alive = (): number[] => markedProcesses(status.attempts[0]?.token ?? "");
  // The record says so of a parent that may not have come to start its job yet.
  await until("the job has begun", () => alive().length > 1);
  const pids = alive();
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await until("it is noticed", () => stint.record(1).status.attempts[0]?.state !== "running");
  expect(stint.record(1).status.attempts[0]?.failure).toMatchObject(failure);
});
