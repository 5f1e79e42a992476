import { expect, test } from "bun:test";
import { Stint, until } from "../rig/stint.ts";

/** A job with an artifact that takes half an hour to hash, and no room on the disk. */
const SLOW = "truncate -s 1T $STINT_ARTIFACTS_DIR/big; exit 3";

test("a job whose results are collected holds nothing, is adopted, and is recorded as it ended", async () => {
  await using stint = new Stint();
  await stint.up("--jobs", "1");
  await stint.ok("submit", "--name", "slow", "--", "sh", "-c", SLOW);
  await stint.reach(1, "collecting");
  await stint.ok("submit", "--", "true");
  await stint.reach(2, "completed");
  expect((await stint.run(["cancel", "1"])).err).toContain("its results are being collected [TASK_LOCKED]");
  expect((await stint.ok("show", "1")).split("\n").at(-1)).toMatch(
    /ended with code 3 .*; its results are collected$/,
  );
  // A supervisor that stops its jobs leaves it as it is, and does not wait for it.
  expect(await stint.ok("down", "--stop-jobs")).toEndWith(
    "the next supervisor collects its results, and records its end",
  );
  await stint.up();
  expect(stint.record(1).status.state).toBe("collecting");
  await stint.killSupervisors();
  await until("what collected for it has ended", () => collecting(stint.home).length === 0);
  await stint.up();
  // Asked of the next supervisor, which has adopted it.
  await stint.ok("cancel", "--force", "1");
  const { status } = await stint.reach(1, "failed");
  expect(status.attempts).toMatchObject([{ exitCode: 3 }]);
  expect(status.attempts[0]?.notes?.[0]).toEndWith("ended the collecting of its results");
});

test("an attempt at which the collecting process dies twice is recorded with a note, and the others go on", async () => {
  await using stint = new Stint();
  const supervisor = await stint.up();
  await stint.ok("submit", "--name", "poison", "--", "sh", "-c", SLOW);
  await stint.reach(1, "collecting");
  await stint.ok("submit", "--", "sh", "-c", "echo 1 > $STINT_ARTIFACTS_DIR/acc");
  await stint.reach(2, "collecting");
  let killed = 0;
  await until("it is recorded", () => {
    for (const pid of collectors(supervisor.pid)) if (pid !== killed) process.kill((killed = pid), "SIGKILL");
    return stint.record(1).status.state === "failed";
  });
  expect(stint.record(1).status.attempts[0]).toMatchObject({
    exitCode: 3,
    notes: ["Cannot collect its results: the process that did so was ended by SIGKILL, 2 times"],
  });
  const { status } = await stint.reach(2, "completed");
  expect(status.attempts[0]?.artifacts).toEqual({ count: 1, bytes: 2 });
});

/** The processes of a supervisor that collect results. */
function collectors(supervisor: number): number[] {
  return collecting("", "-P", String(supervisor));
}

function collecting(home: string, ...among: string[]): number[] {
  const found = Bun.spawnSync(["pgrep", ...among, "-f", ` collect --home ${home}`]);
  return found.stdout.toString().split("\n").filter(Boolean).map(Number);
}
