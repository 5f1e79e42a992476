import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { killMarked, Stint, until } from "../rig/stint.ts";
import { rivalry } from "./rivalry.ts";
import { marking } from "./sweep.ts";

/** `bun run test:crash` does it with 2,000. */
const TASKS = 120;
const KILLS = 5;
/** A job that ends when the test lets it: one that ends by the clock may do so before it is looked at. */
const UNTIL_GO = "until test -e $HOME/go; do sleep 0.05; done";

test("of 8 supervisors one holds the lock, and every task runs once, though the holder is killed again and again", async () => {
  const fought = await rivalry({ tasks: TASKS, kills: KILLS });
  // Who does not get the lock says so with the code for a conflict.
  expect(fought.refused).toEqual(new Set([4]));
  expect(Object.values(fought.starts)).toEqual(Array.from({ length: TASKS }, () => 1));
  // One that was claimed by a holder that died before the start has an attempt more, which never began.
  const completed = fought.records.flatMap(({ status }) =>
    status.attempts.filter(({ state }) => state === "completed"),
  );
  expect(completed).toHaveLength(TASKS);
}, 300_000);

test("commands that wait beside a supervisor go on when it is killed: one takes over, and all see the end", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up("--jobs", "1");
  await stint.run(["submit", "-"], {
    input: ["a", "b"].map((name) => marking(null, { name })).join("---\n"),
  });
  await stint.ok("submit", "--name", "last", "--", "sh", "-c", UNTIL_GO);
  await stint.reach(3, "running");
  const waiting = Array.from({ length: 4 }, () => stint.start(["drain"]));
  // Nothing may happen: a living supervisor keeps its home.
  await Bun.sleep(300);
  expect(waiting.map(({ exitCode }) => exitCode)).toEqual([null, null, null, null]);
  expect(stint.owner()?.["pid"]).toBe(supervisor.pid);
  supervisor.kill("SIGKILL");
  await until("one of them has the home", () =>
    waiting.some(({ pid }) => stint.owner()?.["pid"] === pid && stint.owner()?.["role"] === "drain"),
  );
  writeFileSync(join(stint.root, "go"), "");
  expect(await Promise.all(waiting.map(({ exited }) => exited))).toEqual([0, 0, 0, 0]);
  expect(stint.records().map(({ status }) => [status.state, status.attempt])).toEqual([
    ["completed", 1],
    ["completed", 1],
    ["completed", 1],
  ]);
});

test("20 commands at once beside a supervisor get unique numbers, and every answer is on record", async () => {
  await using stint = new Stint();
  await stint.up("--jobs", "2");
  await stint.ok("submit", "--hold", "--name", "shared", "--", "true");
  const sets = Array.from({ length: 10 }, (_, index) => stint.run(["set", "1", `labels.n${index}=x`]));
  const submits = Array.from({ length: 10 }, () => stint.run(["submit", "--hold", "--", "true"]));
  const [setCodes, submitted] = await Promise.all([Promise.all(sets), Promise.all(submits)]);
  expect(new Set(submitted.map(({ out }) => out)).size).toBe(10);
  const acknowledged = setCodes.flatMap(({ code }, index) => (code === 0 ? [`n${index}`] : []));
  expect(Object.keys(stint.record(1).metadata["labels"] as object).toSorted()).toEqual(
    acknowledged.toSorted(),
  );
  for (const { code } of setCodes) expect([0, 4]).toContain(code);
});

test("a stopped supervisor keeps its lock, and has lost nothing when it is continued", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up();
  await stint.run(["submit", "-"], { input: `name: short\nrun: ${UNTIL_GO}\n` });
  await stint.reach(1, "running");
  supervisor.kill("SIGSTOP");
  expect((await stint.run(["up"])).code).toBe(4);
  writeFileSync(join(stint.root, "go"), "");
  await until("the job has ended", () => stint.files("runs/000001-short/1").includes("exit.json"));
  await Bun.sleep(300);
  expect(stint.record(1).status.attempts).toHaveLength(1);
  supervisor.kill("SIGCONT");
  const { status } = await stint.reach(1, "completed");
  expect(status.attempts).toHaveLength(1);
});

test("a task that ran before a reboot is queued again, and one whose result is on record keeps it", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up("--jobs", "2");
  await stint.run(["submit", "-"], {
    input: `name: lost\nrun: sleep 60\n---\nname: ended\nrun: ${UNTIL_GO}; exit 3\n`,
  });
  const { status } = await stint.reach(1, "running");
  await stint.reach(2, "running");
  supervisor.kill("SIGKILL");
  await supervisor.exited;
  writeFileSync(join(stint.root, "go"), "");
  await until("the second job has ended", () => stint.files("runs/000002-ended/1").includes("exit.json"));
  await killMarked(status.attempts.map(({ token }) => token));
  await pretendReboot(stint);
  await stint.up();
  const ended = await stint.reach(2, "failed");
  expect(ended.status.attempts.map(({ exitCode }) => exitCode)).toEqual([3]);
  await until("the first is started again", () => stint.record(1).status.attempts.length === 2);
  expect(stint.record(1).status).toMatchObject({ orphanCount: 1, consecutiveFailures: 0 });
  expect(stint.record(1).status.attempts[0]).toMatchObject({
    state: "orphaned",
    failure: { code: "STALE_WORKER" },
  });
});

test("a task that is lost too often goes to dead-letter/", async () => {
  await using stint = new Stint();
  await stint.run(["submit", "-"], { input: "run: sleep 60\nretry: {maxOrphans: 1}\n" });
  for (let loss = 1; loss <= 2; loss += 1) {
    const supervisor = await stint.up();
    await until(
      "it runs",
      () => stint.record(1).status.attempts.length === loss && stint.record(1).status.state === "running",
    );
    supervisor.kill("SIGKILL");
    await supervisor.exited;
    await killMarked(stint.record(1).status.attempts.map(({ token }) => token));
  }
  await stint.run(["drain"]);
  expect(stint.record(1).status).toMatchObject({ state: "failed", reason: "OrphanLimit", orphanCount: 2 });
});

/** Makes all that is on disk look as if it came from an earlier boot of this machine. */
async function pretendReboot(stint: Stint): Promise<void> {
  const bootId = (await Bun.file("/proc/sys/kernel/random/boot_id").text()).trim();
  const earlier = "00000000-0000-0000-0000-000000000000";
  const lock = join(stint.home, "locks", "supervisor.lock", "owner.json");
  const files = stint.records().map(({ place, metadata }) => join(stint.home, place, `${metadata.id}.json`));
  const startFiles = ["000001-lost", "000002-ended"].map((id) => join(stint.home, "runs", id, "1", "start"));
  for (const file of [lock, ...files, ...startFiles]) {
    const text = await Bun.file(file).text();
    rmSync(file);
    writeFileSync(file, text.replaceAll(bootId, earlier));
  }
}
