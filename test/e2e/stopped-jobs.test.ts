import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isStandingStill } from "../rig/signals.ts";
import { markedProcesses, Stint, until } from "../rig/stint.ts";

test("a cancel ends a job that was stopped by hand, which may save its state", async () => {
  await using stint = new Stint();
  await stint.up();
  const line = "trap 'echo saved; exit 0' TERM; echo up > $HOME/up; while :; do sleep 0.02; done";
  await stint.ok("submit", "--", "sh", "-c", line);
  const { status } = await stint.reach(1, "running");
  const token = status.attempts[0]?.token ?? "";
  await until("it is up", () => stint.textOf("up") !== "");
  // kill(1) accepts one that has ended meanwhile.
  Bun.spawnSync(["kill", "-STOP", ...markedProcesses(token).map(String)], { stderr: "ignore" });
  await until("all of it stands still", () => standsStill(token));
  await stint.ok("cancel", "1");
  const ended = await stint.reach(1, "cancelled");
  expect(ended.status.attempts[0]?.logTail).toContain("saved");
});

/** A job that counts, so that it can be seen to go on or to stand still. */
const COUNTS = "trap 'echo saved; exit 0' TERM; while :; do echo . >> $HOME/ticks; sleep 0.02; done";
const ticks = (stint: Stint): number => stint.textOf("ticks").length;

async function counting(stint: Stint, ...flags: string[]): Promise<string> {
  await stint.ok("submit", "--name", "counts", ...flags, "--", "sh", "-c", `(setsid sleep 60 &); ${COUNTS}`);
  const { status } = await stint.reach(1, "running");
  await until("it counts", () => ticks(stint) > 0);
  return status.attempts[0]?.token ?? "";
}

const standsStill = (token: string): boolean => markedProcesses(token).every(isStandingStill);

async function goesOn(stint: Stint): Promise<void> {
  const before = ticks(stint);
  await until("it goes on", () => ticks(stint) > before);
}

describe("pause", () => {
  test("--release gives the resources of a job to others, and the job goes on once they are done", async () => {
    await using stint = new Stint();
    await stint.up("--jobs", "1");
    const token = await counting(stint);
    await stint.ok(
      "submit",
      "--name",
      "other",
      "--",
      "sh",
      "-c",
      "until test -e $HOME/go; do sleep 0.02; done",
    );
    expect(await stint.ok("pause", "--release", "1")).toBe("000001-counts paused");
    await stint.reach(2, "running");
    await until("it stands still", () => standsStill(token));
    expect(await stint.ok("explain", "1")).toContain("are released");
    const refused = await stint.run(["resume", "1"]);
    expect(refused).toMatchObject({ code: 4 });
    expect(refused.err).toContain("it released its resources, and all job slots are in use");
    writeFileSync(join(stint.root, "go"), "");
    await stint.reach(2, "completed");
    expect(await stint.ok("resume", "1")).toBe("000001-counts resumed");
    await goesOn(stint);
  });

  test("stops all processes of a job until resume, is on record and reported, and stops its timeout", async () => {
    await using stint = new Stint();
    await stint.up();
    const token = await counting(stint, "--timeout", "3s");
    expect(await stint.ok("pause", "1")).toBe("000001-counts paused");
    expect(markedProcesses(token).length).toBeGreaterThan(2);
    await until("all of it stands still", () => standsStill(token));
    expect(await stint.ok("ls")).toContain("paused by");
    expect(await stint.ok("show", "1")).toContain(", paused since ");
    expect(await stint.ok("explain", "1")).toContain("Resume it: stint resume 1");
    expect((await stint.run(["pause", "1"])).code).toBe(4);
    // Longer than its timeout: nothing happens.
    await Bun.sleep(3_500);
    expect(stint.record(1).status.attempts[0]).toMatchObject({ state: "running", paused: {} });
    expect(await stint.ok("resume", "1")).toBe("000001-counts resumed");
    await goesOn(stint);
    const { status } = await stint.reach(1, "failed");
    expect(status.attempts[0]).toMatchObject({ state: "timeout", pausedMs: expect.any(Number) });
    expect((await stint.run(["audit", "verify"])).code).toBe(0);
    expect((await stint.run(["resume", "1"])).code).toBe(4);
  });

  test("outlasts the supervisor, and the next one completes what a crash interrupted", async () => {
    await using stint = new Stint();
    await stint.up();
    const token = await counting(stint);
    await stint.ok("pause", "1");
    await stint.killSupervisors();
    // As where the supervisor died between the record and the signals.
    for (const pid of markedProcesses(token)) process.kill(pid, "SIGCONT");
    await stint.up();
    await until("it stands still again", () => standsStill(token));
    await stint.ok("resume", "1");
    await goesOn(stint);
  });

  test("does not keep a job from being cancelled", async () => {
    await using stint = new Stint();
    await stint.up();
    const token = await counting(stint);
    await stint.ok("pause", "1");
    await until("it stands still", () => standsStill(token));
    await stint.ok("down", "--stop-jobs");
    const { status } = await stint.reach(1, "queued");
    expect(status.attempts[0]).toMatchObject({
      state: "cancelled",
      logTail: expect.stringContaining("saved"),
    });
  });
});
