import { expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { SETTLE_MS } from "../../src/intake/inbox.ts";
import { stopwatch } from "../rig/patience.ts";
import { leaderOf, markedProcesses, Stint, until } from "../rig/stint.ts";

/** A job that ends when the test lets it: one that ends by the clock may do so before others come. */
const UNTIL_GO = "until test -e $HOME/go; do sleep 0.05; done";

function letGo(stint: Stint): void {
  writeFileSync(join(stint.root, "go"), "");
}

test("a file that is copied into the inbox runs, and its record is complete", async () => {
  await using stint = new Stint();
  await stint.up();
  writeFileSync(join(stint.home, "inbox", "job.yaml"), "name: dropped\nrun: echo from the inbox; exit 0\n");
  const { status, metadata, place } = await stint.reach(1, "completed");
  expect(place).toBe("done");
  expect(metadata).toMatchObject({ name: "dropped", source: "inbox" });
  expect(status.attempts[0]).toMatchObject({ exitCode: 0, logTail: "from the inbox" });
  await until("the file is filed", () => stint.files("inbox/.accepted").includes("job.yaml"));
});

test("a file that is renamed into the inbox is taken", async () => {
  await using stint = new Stint();
  await stint.up();
  writeFileSync(join(stint.root, "moved.yaml"), "run: true\n");
  renameSync(join(stint.root, "moved.yaml"), join(stint.home, "inbox", "moved.yaml"));
  await stint.reach(1, "completed");
});

test("a slowly written file is taken only when it is complete", async () => {
  await using stint = new Stint();
  await stint.up();
  const words = ["one", "two", "three", "four", "five"];
  let name = "";
  let wasHeldUp = true;
  // A file that stands still for as long as a supervisor waits counts as whole: on a busy machine the writer is held up, and
  // another file is tried.
  for (let tries = 1; wasHeldUp; tries += 1) {
    name = `slow-${tries}`;
    const parts = [`name: ${name}\n`, "run: |\n", ...words.map((word) => `  echo ${word}\n`)];
    wasHeldUp = await writeSlowly(join(stint.home, "inbox", `${name}.yaml`), parts);
  }
  const written = () => stint.records().find(({ metadata }) => metadata["name"] === name);
  await until("it is completed", () => written()?.status.state === "completed");
  expect(written()?.status.attempts[0]?.logTail).toBe(words.join("\n"));
});

/** True where the file may have stood still for too long. */
async function writeSlowly(path: string, parts: readonly string[]): Promise<boolean> {
  let wasHeldUp = false;
  let last = stopwatch();
  for (const part of parts) {
    const next = stopwatch();
    await appendFile(path, part);
    wasHeldUp ||= last.hasPassed(SETTLE_MS);
    last = next;
    await Bun.sleep(100);
  }
  return wasHeldUp;
}

test("a bad file is refused as a whole, with the reasons beside it", async () => {
  await using stint = new Stint();
  await stint.up();
  writeFileSync(
    join(stint.home, "inbox", "bad.yaml"),
    "name: fine\nrun: true\n---\nnam: typo\nrun: true\ntimeout: 90\n",
  );
  await until("it is refused", () => stint.files("inbox/.rejected").includes("bad.yaml.error.txt"));
  const told = await Bun.file(join(stint.home, "inbox", ".rejected", "bad.yaml.error.txt")).text();
  expect(told).toContain("bad.yaml:4:1");
  expect(told).toContain("did you mean name?");
  expect(told).toContain("bad.yaml:6:10");
  expect(stint.records()).toEqual([]);
});

test("an inbox that is deleted and made again goes on working", async () => {
  await using stint = new Stint();
  await stint.up();
  rmSync(join(stint.home, "inbox"), { recursive: true });
  // One that is just beginning makes it itself.
  mkdirSync(join(stint.home, "inbox"), { recursive: true });
  writeFileSync(join(stint.home, "inbox", "again.yaml"), "run: true\n");
  await stint.reach(1, "completed");
});

test("a file that arrived while no supervisor ran is taken", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--", "true");
  writeFileSync(join(stint.home, "inbox", "early.yaml"), "run: true\n");
  await stint.up();
  await stint.reach(1, "completed");
  await stint.reach(2, "completed");
});

test("the jobs of a killed supervisor go on, and the next one records how they ended", async () => {
  await using stint = new Stint();
  const first = await stint.up();
  await stint.ok("submit", "--", "sh", "-c", `${UNTIL_GO}; exit 3`);
  await stint.reach(1, "running");
  first.kill("SIGKILL");
  await first.exited;
  letGo(stint);
  await stint.up();
  const { status } = await stint.reach(1, "failed");
  expect(status.attempts).toHaveLength(1);
  expect(status.attempts[0]).toMatchObject({ exitCode: 3, failure: { class: "code" } });
});

test("down leaves jobs running and names them, and cancel without a supervisor ends them", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up();
  await stint.ok("submit", "--name", "long", "--", "sleep", "60");
  const { status } = await stint.reach(1, "running");
  expect(await stint.ok("down")).toContain("000001-long keeps running");
  expect(await supervisor.exited).toBe(0);
  const token = status.attempts[0]?.token ?? "";
  expect(markedProcesses(token)).not.toEqual([]);
  await stint.ok("cancel", "1");
  expect(stint.record(1).status).toMatchObject({ state: "cancelled", reason: "User" });
  expect(markedProcesses(token)).toEqual([]);
});

test("down says of a job that was cancelled that it is being stopped", async () => {
  await using stint = new Stint();
  await stint.up();
  await stint.ok("submit", "--name", "stubborn", "--", "sh", "-c", "trap '' TERM; while :; do sleep 1; done");
  await stint.reach(1, "running");
  await stint.ok("cancel", "1");
  expect(await stint.ok("down")).toContain("000001-stubborn is being stopped");
  await stint.run(["cancel", "--force", "1"]);
});

test("down --stop-jobs queues the jobs again, uncounted", async () => {
  await using stint = new Stint();
  await stint.up();
  await stint.ok("submit", "--", "sleep", "60");
  await stint.reach(1, "running");
  await stint.ok("down", "--stop-jobs");
  expect(stint.record(1).status).toMatchObject({
    state: "queued",
    reason: "Shutdown",
    consecutiveFailures: 0,
  });
});

test("a second supervisor is refused, with the pid of the first", async () => {
  await using stint = new Stint();
  const first = await stint.up();
  const second = await stint.run(["up"]);
  expect(second.code).toBe(4);
  expect(second.err).toContain(`pid ${first.pid}`);
});

test("tasks start by priority, then in the order of submission, and never more at a time than --jobs allows", async () => {
  await using stint = new Stint();
  const say = (name: string, priority: number): string =>
    `name: ${name}\npriority: ${priority}\nrun: echo ${name} >> ${stint.root}/order\n`;
  await stint.run(["submit", "-"], {
    input: [say("a", 0), say("b", 5), say("c", 0), say("d", 5)].join("---\n"),
  });
  await stint.ok("drain", "--jobs", "1");
  expect(await Bun.file(join(stint.root, "order")).text()).toBe("b\nd\na\nc\n");
});

test("a task that killed its supervisor does not start first under the next one", async () => {
  await using stint = new Stint();
  const say = (name: string) => ["--", "sh", "-c", `echo ${name} >> $HOME/order`];
  await stint.ok("submit", "--name", "bad", "--priority", "9", ...say("bad"));
  for (const name of ["a", "b"]) await stint.ok("submit", "--name", name, ...say(name));
  const killed = await stint.run(["up", "--jobs", "1"], { env: { STINT_FAILPOINT: "start:furnished" } });
  expect(killed.code).toBe(137);
  const next = await stint.up("--jobs", "1");
  await stint.reach(1, "completed");
  expect(stint.textOf("order")).toBe("a\nb\nbad\n");
  const [cut, good] = stint.record(1).status.attempts;
  expect([cut?.failure?.rule, cut?.retry?.delayMs, good?.state]).toEqual(["cut-short", 5_000, "completed"]);
  next.kill("SIGKILL");
  expect(await new Response(next.stdout).text()).toContain(
    "000001-bad: the supervisor died while it started this task: queued again, to start ",
  );
});

test("a job that gets a TERM from outside is queued again, uncounted, unless it succeeds", async () => {
  await using stint = new Stint();
  await stint.up();
  for (const code of [0, 3]) {
    const line = `trap 'exit ${code}' TERM; echo $$ >$HOME/pid${code}; while :; do sleep 0.1; done`;
    await stint.ok("submit", "--", "sh", "-c", line);
  }
  for (const [number, code] of [
    [1, 0],
    [2, 3],
  ] as const) {
    const leader = leaderOf(await stint.reach(number, "running"));
    await until("the job is there", () => stint.textOf(`pid${code}`).endsWith("\n"));
    const job = Number(stint.textOf(`pid${code}`));
    process.kill(leader, "SIGTERM");
    process.kill(job, "SIGTERM");
  }
  await until("it runs again", () => stint.record(2).status.attempts.length === 2);
  expect(stint.record(2).status).toMatchObject({ consecutiveFailures: 0 });
  expect(stint.record(2).status.attempts[0]?.failure).toMatchObject({ code: "INTERRUPTED" });
  expect((await stint.reach(1, "completed")).status.attempts).toHaveLength(1);
});

test.each([
  ["a trap that ends the helpers", "bash", `trap 'trap "" TERM; kill 0' EXIT; sleep 300 & exit 0`, 0],
  ["a signal to all of its group", "bash", "trap '' TERM; kill 0; exit 7", 7],
  ["pkill by its own name", "sh", "trap '' TERM; pkill -f night-of-train; exit 0 # night-of-train", 0],
  ["the removal of its run folder", "sh", "rm -rf $STINT_RUN_DIR; exit 0", 0],
  ["the removal of all run folders", "sh", "rm -rf $STINT_HOME/runs/*; exit 3", 3],
])("a job that ends with %s runs once, and its exit code counts", async (_what, shell, line, code) => {
  await using stint = new Stint();
  await stint.up();
  await stint.ok("submit", "--", shell, "-c", line);
  const { status } = await stint.reach(1, code === 0 ? "completed" : "failed");
  expect(status.attempts.map(({ exitCode }) => exitCode)).toEqual([code]);
});

test("run mirrors the exit code of a job that replaces its folder by a file", async () => {
  await using stint = new Stint();
  const line = `rm -rf "$STINT_RUN_DIR"; echo x >"$STINT_RUN_DIR"; sleep 0.3; exit 5`;
  expect((await stint.run(["run", "--", "sh", "-c", line])).code).toBe(5);
  expect(stint.record(1).status.attempts.map(({ exitCode }) => exitCode)).toEqual([5]);
});

test("a job that replaces its folder by a file delays no other, before and after a restart", async () => {
  await using stint = new Stint();
  const first = await stint.up("--jobs", "4");
  const spoils = `rm -rf "$STINT_RUN_DIR"; echo x >"$STINT_RUN_DIR"; ${UNTIL_GO}; exit 3`;
  await stint.ok("submit", "--name", "spoils", "--", "sh", "-c", spoils);
  await stint.reach(1, "running");
  await stint.ok("submit", "--name", "other", "--", "true");
  await stint.reach(2, "completed");
  first.kill("SIGKILL");
  await first.exited;
  await stint.up("--jobs", "4");
  await stint.ok("submit", "--name", "another", "--", "true");
  await stint.reach(3, "completed");
  await stint.ok("cancel", "1");
  await stint.reach(1, "cancelled");
});

test("a forged result does not count while its job lives, nor for the next supervisor", async () => {
  await using stint = new Stint();
  const first = await stint.up();
  const forged = `{"status":0,"signalled":false,"sawTerm":false,"token":"'$STINT_TOKEN'"}`;
  const line = `printf '%s\\n' '${forged}' >$STINT_RUN_DIR/exit.json; ${UNTIL_GO}; exit 3`;
  await stint.ok("submit", "--", "sh", "-c", line);
  await stint.ok("submit", "--timeout", "1s", "--", "sh", "-c", line);
  await stint.reach(1, "running");
  expect((await stint.reach(2, "failed")).status.attempts[0]?.failure).toMatchObject({ code: "TIMEOUT" });
  first.kill("SIGKILL");
  await first.exited;
  await stint.up();
  await until("it was adopted", () => stint.record(1).status.state === "running");
  letGo(stint);
  expect((await stint.reach(1, "failed")).status.attempts.map(({ exitCode }) => exitCode)).toEqual([3]);
});

test("run hands the lock over to an up that asks, and still mirrors the exit code", async () => {
  await using stint = new Stint();
  const run = stint.start(["run", "--", "sh", "-c", `${UNTIL_GO}; exit 5`]);
  await stint.reach(1, "running");
  await stint.up();
  letGo(stint);
  expect(await run.exited).toBe(5);
  expect(stint.record(1).status.attempts).toHaveLength(1);
});

test("a second run does not wait for the first one's job", async () => {
  await using stint = new Stint();
  const first = stint.start(["run", "--jobs", "2", "--", "sleep", "60"]);
  await stint.reach(1, "running");
  expect((await stint.run(["run", "--", "true"])).code).toBe(0);
  first.kill("SIGINT");
  await first.exited;
});

test("drain takes the lock over from a run and completes everything", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "other", "--", "true");
  const run = stint.start(["run", "--", "sh", "-c", `${UNTIL_GO}; exit 6`]);
  await stint.reach(2, "running");
  const drain = stint.start(["drain"]);
  await until("the drain has the home", () => stint.owner()?.["pid"] === drain.pid);
  letGo(stint);
  expect(await drain.exited).toBe(1);
  expect(stint.record(1).status.state).toBe("completed");
  expect(await run.exited).toBe(6);
});
