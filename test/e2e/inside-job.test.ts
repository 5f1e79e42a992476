import { describe, expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { Stint, until } from "../rig/stint.ts";

const EXECUTABLE = resolve("dist/stint");

/** Runs a line in a job under a supervisor with so many places; gives what the job wrote. */
async function inJob(stint: Stint, line: string, places = "2"): Promise<string> {
  await stint.up("--jobs", places);
  await stint.run([
    "run",
    "-q",
    "--name",
    "outer",
    "--env",
    `S=${EXECUTABLE}`,
    "--",
    "sh",
    "-c",
    `(${line}) 2>&1; echo "$?"`,
  ]);
  return stint.textOf("home/runs/000001-outer/1/output.log");
}

describe("inside a job", () => {
  test("up --detach is refused, as the supervisor would end with the job", async () => {
    await using stint = new Stint();
    const said = await inJob(stint, `$S --home ${stint.root}/other up --detach`);
    expect(said).toContain("nothing that a job starts outlives the job");
    expect(said).toEndWith(
      "[NO_SUPERVISOR]\n  start it outside of jobs, in a shell or with `stint service install`\n5\n",
    );
  });

  test.each(["run -- true", "submit --wait -- true", "submit --hold -- true && $S wait 2"])(
    "a wait for another task is refused where the job has the only slot: %s",
    async (verb) => {
      await using stint = new Stint();
      const said = await inJob(stint, `$S ${verb}`, "1");
      expect(said).toContain('Cannot wait inside the job of "000001-outer": only one job runs at a time');
      expect(said).toMatch(/\n(125|7)\n$/);
      expect(stint.record(1).status.state).toBe("completed");
    },
  );

  test.each([
    ["--slot x", '000002-inner: in lane "x" (limit 1) behind 000001-outer'],
    ["--cpus all", "000002-inner: waits for CPUs"],
  ])("a wait for a task that needs what the job holds is refused at once: %s", async (flags, wait) => {
    await using stint = new Stint();
    // A supervisor gives its cores away, or as many as it has places.
    const all = String(Math.max(4, availableParallelism()));
    const asked = flags.replace("all", all).split(" ");
    await stint.up("--jobs", all);
    const line = `${EXECUTABLE} run --name inner ${asked.join(" ")} -- true 2>&1`;
    await stint.ok("submit", "--name", "outer", ...asked, "--", "sh", "-c", line);
    const said = (): string => stint.textOf("home/runs/000001-outer/1/output.log");
    await until("it is said", () => said().includes("keeps its own resources"));
    expect(said()).toContain(
      `${wait}; 000001-outer, the job that waits here, keeps its own resources while it waits\n`,
    );
    await stint.ok("cancel", "--all");
    await stint.reach(1, "cancelled");
  });

  test("submit does not mark the new task as part of the job", async () => {
    await using stint = new Stint();
    await inJob(stint, "$S submit -- true");
    const environments = stint.files("env").map((name) => stint.textOf(`home/env/${name}`));
    expect(environments.filter((text) => text.includes("STINT_TOKEN"))).toEqual([]);
  });
});

test("a job has the umask of its submitter, and not that of the supervisor", async () => {
  await using stint = new Stint();
  const under = (umask: string): string[] => ["sh", "-c", `umask ${umask}; exec "$0" "$@"`];
  await stint.run(["submit", "--", "sh", "-c", `touch ${stint.root}/made`], { under: under("027") });
  await stint.run(["submit", "-"], {
    input: `run: touch ${stint.root}/said\numask: "022"`,
    under: under("027"),
  });
  await stint.run(["drain"], { under: under("077") });
  expect(["made", "said"].map((name) => statSync(join(stint.root, name)).mode & 0o777)).toEqual([
    0o640, 0o644,
  ]);
});

test("doctor names what else jobs inherit from their supervisor", async () => {
  await using stint = new Stint();
  const limited = stint.start(["up"], { under: ["sh", "-c", 'ulimit -t 3600; exec nice -n 5 "$0" "$@"'] });
  await until("it is up", () => stint.owner()?.["pid"] === limited.pid);
  const { out } = await stint.run(["doctor"]);
  limited.kill("SIGKILL");
  await limited.exited;
  expect(out).toContain("jobs inherit from the supervisor: nice 5, at most 3600 seconds of CPU time");
});

test("run says that its standard input does not reach the job", async () => {
  await using stint = new Stint();
  const hint = "jobs get no stdin";
  const pipe = ["sh", "-c", 'echo x | "$0" "$@"'];
  expect((await stint.run(["run", "--", "cat"], { under: pipe })).err).toContain(hint);
  const nothing = ["sh", "-c", 'exec "$0" "$@" </dev/null'];
  expect((await stint.run(["run", "--", "cat"], { under: nothing })).err).not.toContain(hint);
});

test("processes that a job leaves running are ended and reported, and a cancel leaves none", async () => {
  await using stint = new Stint();
  await stint.run(["run", "--", "sh", "-c", "sleep 600 & setsid sleep 600 & exit 0"]);
  const [attempt] = stint.record(1).status.attempts;
  expect(attempt).toMatchObject({ leftBehind: 2 });
  expect(await stint.ok("show", "1")).toContain("2 processes left running by the job were killed");
  const supervisor = await stint.up();
  await stint.ok("submit", "--", "sh", "-c", "sleep 600 & sleep 600");
  await stint.reach(2, "running");
  await stint.ok("cancel", "2");
  await stint.reach(2, "cancelled");
  await stint.ok("submit", "--", "sh", "-c", "sleep 600 & exit 3");
  await stint.reach(3, "failed");
  await stint.ok("down");
  expect(stint.record(2).status.attempts[0]).not.toHaveProperty("leftBehind");
  expect(await supervisor.stdout.text()).toMatch(
    /failed \(EXIT_NONZERO: .*\); 1 process left running by the job was killed/,
  );
});

test("retry says which tasks were cancelled with the parent, and how to queue them again", async () => {
  await using stint = new Stint();
  const batch = `name: first
run: test -e ${stint.root}/works
---
{name: second, run: "true", after: first, onParentFailure: cancel}
---
{name: third, run: "true", after: second, onParentFailure: cancel}
---
{name: other, run: "true"}
`;
  await stint.run(["submit", "-"], { input: batch });
  await stint.run(["drain"]);
  expect(stint.records().map(({ status }) => status.state)).toEqual([
    "failed",
    "cancelled",
    "cancelled",
    "completed",
  ]);
  const { out, err } = await stint.run(["retry", "1"]);
  expect(out).toBe("000001-first queued\n");
  expect(err).toContain(
    "2 tasks that were cancelled with it stay cancelled; to retry them too: stint retry 2 3\n",
  );
  writeFileSync(join(stint.root, "works"), "");
  expect((await stint.run(["retry", "2", "3"])).err).toBe("");
  await stint.ok("drain");
  expect(stint.records().map(({ status }) => status.state)).toEqual(Array(4).fill("completed"));
});
