import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** Runs until a file of this name is there. */
const WAITING = "until [ -e $HOME/go ]; do sleep 0.02; done";
/** Long enough for a drain to start a job on a busy machine: its time runs from its own beginning. */
const IN_TIME = "3s";
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Hours that are days away, whenever this runs. */
function farHours(): string {
  return `${DAYS[(new Date().getUTCDay() + 3) % 7]} 10:00-11:00`;
}

function settle(stint: Stint, text: string): void {
  mkdirSync(stint.home, { recursive: true, mode: 0o700 });
  writeFileSync(join(stint.home, "config.yaml"), text);
}

async function wait(
  drain: Bun.Subprocess<Uint8Array, "pipe", "pipe">,
): Promise<{ code: number; out: string; err: string }> {
  const [out, err, code] = await Promise.all([
    new Response(drain.stdout).text(),
    new Response(drain.stderr).text(),
    drain.exited,
  ]);
  return { code, out, err };
}

describe("drain with an end", () => {
  test.concurrent("starts nothing after its end, and waits for running jobs", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--name", "long", "--", "sh", "-c", WAITING);
    await stint.ok("submit", "--name", "late", "--", "true");
    const drain = stint.start(["drain", "--jobs", "1", "--for", IN_TIME]);
    await stint.reach(1, "running");
    const closing = stint.owner()?.["closing"] as { atMs: number };
    await until("the end has come", () => Date.now() > closing.atMs);
    expect(await stint.ok("explain", "2")).toContain("no task starts after");
    expect(drain.exitCode).toBeNull();
    writeFileSync(join(stint.root, "go"), "");
    const { code, out } = await wait(drain);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^000002-late left: no task starts after \d\d:\d\d\n$/),
    ]);
    expect(stint.record(1).status.state).toBe("completed");
  });

  test.concurrent("leaves running jobs to the next supervisor with --leave", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--name", "long", "--", "sh", "-c", WAITING);
    const drain = stint.start(["drain", "--for", IN_TIME, "--leave"]);
    await stint.reach(1, "running");
    const { code, out, err } = await wait(drain);
    expect([code, out]).toEqual([0, "000001-long left: running\n"]);
    expect(err).toContain("1 job keeps running; the next supervisor");
    writeFileSync(join(stint.root, "go"), "");
    expect(await stint.ok("drain")).toBe("nothing is left to do");
    expect(stint.record(1).status.attempt).toBe(1);
  });

  test("beside a supervisor waits for the jobs that run at its end, and not for later ones", async () => {
    await using stint = new Stint();
    await stint.up("--jobs", "1");
    await stint.ok("submit", "--name", "long", "--", "sh", "-c", WAITING);
    await stint.reach(1, "running");
    const drain = stint.start(["drain", "--for", "200ms"]);
    await stint.ok(
      "submit",
      "--name",
      "later",
      "--",
      "sh",
      "-c",
      "until [ -e $HOME/end ]; do sleep 0.02; done",
    );
    await stint.ok("submit", "--name", "last", "--", "true");
    // It has looked after its end once it waits for nothing new.
    await Bun.sleep(1_000);
    expect(drain.exitCode).toBeNull();
    writeFileSync(join(stint.root, "go"), "");
    const { code, out, err } = await wait(drain);
    const pid = String(stint.owner()?.["pid"]);
    expect(code).toBe(0);
    expect(err).toContain(
      `a supervisor is running (pid ${pid}) and starts the tasks: --for only ends this wait`,
    );
    // The supervisor keeps to no deadline.
    expect(out).not.toContain("no task starts after");
    expect(out).toContain(`000003-last left: the supervisor (pid ${pid}) starts it`);
    expect(stint.record(2).status.state).not.toBe("completed");
  });

  test.each([
    [["--for", "6"], '--for is "6", wanted a duration'],
    [["--until", "7 o'clock"], '--until is "7 o\'clock"'],
    [["--for", "1h", "--until", "07:00"], "--for and --until cannot be combined"],
    [["--leave"], "--leave needs a deadline"],
    [["--fit"], "--fit needs a deadline"],
  ])("%j is refused", async (flags, message) => {
    await using stint = new Stint();
    const { code, err } = await stint.run(["drain", ...flags]);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("drains from cron", () => {
  test("the second of two drains joins the first, and both report failures", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--name", "bad", "--", "sh", "-c", `${WAITING}; exit 3`);
    const drains = [1, 2, 3].map(() => stint.start(["drain", "--quiet"]));
    await stint.reach(1, "running");
    // Time for each of them to try to take the home from the others, also where commands are slow to begin.
    for (const _ of drains) await stint.ok("ls");
    await Bun.sleep(1_000);
    const taken = await Bun.file(join(stint.home, "audit.ndjson")).text();
    expect(taken.match(/"lock_taken"/g)).toHaveLength(1);
    writeFileSync(join(stint.root, "go"), "");
    for (const { code, out } of await Promise.all(drains.map(wait)))
      expect([code, out]).toEqual([1, "000001-bad failed: exit 3: no output\n"]);
    expect(stint.record(1).status.attempt).toBe(1);
  });

  test("the last line tells how many tasks ended, those retried or queued meanwhile too", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--name", "flaky", "--", "sh", "-c", "test -e $HOME/works");
    expect((await stint.run(["drain"])).err).toEndWith("\nIn this drain: 1 task failed\n");
    await stint.ok("submit", "--name", "slow", "--", "sh", "-c", WAITING);
    await stint.ok("submit", "--name", "dropped", "--after", "slow", "--", "true");
    await stint.ok("submit", "--name", "held", "--hold", "--", "true");
    const drain = stint.start(["drain"]);
    await stint.reach(2, "running");
    await stint.ok("cancel", "dropped");
    writeFileSync(join(stint.root, "works"), "");
    await stint.ok("retry", "flaky");
    await stint.ok("submit", "--name", "late", "--", "false");
    await stint.reach(5, "failed");
    writeFileSync(join(stint.root, "go"), "");
    const { code, err } = await wait(drain);
    expect([code, err]).toEqual([
      1,
      "Details: stint explain 5\nIn this drain: 2 tasks completed, 1 failed, 1 cancelled; 1 left\n",
    ]);
    expect((await stint.run(["drain"])).err).toBe("");
  });

  test("a task that had failed before is reported where it is retried meanwhile and fails again", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--name", "again", "--", "false");
    await stint.ok("submit", "--name", "before", "--", "false");
    await stint.run(["drain"]);
    await stint.ok("submit", "--name", "slow", "--", "sh", "-c", WAITING);
    const drain = stint.start(["drain"]);
    await stint.reach(3, "running");
    await stint.ok("retry", "again");
    await until("it has failed again", () => {
      const { state, attempt } = stint.record(1).status;
      return state === "failed" && attempt === 2;
    });
    // As recovery or an editor does: the same end in a new file.
    const kept = join(stint.home, "dead-letter", "000002-before.json");
    writeFileSync(kept, readFileSync(kept));
    writeFileSync(join(stint.root, "go"), "");
    expect(await wait(drain)).toEqual({
      code: 1,
      out: "000001-again failed: exit 1: no output\n",
      err: "Details: stint explain 1\nIn this drain: 1 task completed, 1 failed\n",
    });
  });

  test("--quiet is silent about tasks that wait as intended, and not about stuck ones", async () => {
    await using stint = new Stint();
    const quiet = async () => {
      const { code, out, err } = await stint.run(["drain", "--quiet"]);
      return { code, talk: out + err };
    };
    await stint.ok("submit", "--name", "fine", "--", "true");
    await stint.ok("submit", "--hold", "--", "true");
    await stint.ok("submit", "--at", "9h", "--", "true");
    expect(await quiet()).toEqual({ code: 0, talk: "" });
    await stint.ok("submit", "--name", "bad", "--", "false");
    await stint.ok("submit", "--name", "child", "--after", "bad", "--", "true");
    const { code, talk } = await quiet();
    expect([code, talk.split("\n")]).toEqual([
      1,
      ["000004-bad failed: exit 1: no output", "000005-child left: waits for 000004-bad, which failed", ""],
    ]);
  });

  test("submit --quiet --unique prints the id alone, whether it queues or not", async () => {
    await using stint = new Stint();
    for (let night = 0; night < 2; night += 1) {
      const { code, out, err } = await stint.run(["submit", "--quiet", "--unique", "nightly", "--", "true"]);
      expect([code, out, err]).toEqual([0, "000001-true\n", ""]);
    }
    expect(stint.records()).toHaveLength(1);
  });
});

describe("work hours", () => {
  test("keep a supervisor from starting, and ls, explain, its log and a drain say so", async () => {
    await using stint = new Stint();
    settle(stint, `work: {hours: "${farHours()}", timeZone: UTC}`);
    const reason = `waits for the work hours, from ${farHours().slice(0, 9)} UTC`;
    const supervisor = await stint.up();
    await stint.ok("submit", "--name", "night", "--", "true");
    expect(await stint.ok("explain", "1")).toContain(`Ready, but ${reason}.`);
    expect(await stint.ok("ls")).toContain(reason);
    expect(await stint.ok("drain")).toBe(`000001-night left: ${reason}`);
    expect(await stint.ok("drain", "--quiet")).toBe("");
    supervisor.kill("SIGTERM");
    const log = await new Response(supervisor.stdout).text();
    expect(log.split(reason)).toHaveLength(2);
    expect(stint.record(1).status.attempt).toBe(0);
    // Without a supervisor the drain keeps the hours; a run by hand means now.
    expect(await stint.ok("drain")).toBe(`000001-night left: ${reason}`);
    expect((await stint.run(["run", "--", "true"])).code).toBe(0);
  });

  test("let a drain with an end wait for them", async () => {
    await using stint = new Stint();
    settle(stint, `work: {hours: "${farHours()}", timeZone: UTC}`);
    await stint.ok("submit", "--name", "night", "--", "true");
    const out = await stint.ok("drain", "--patient", "--for", "500ms");
    expect(out).toMatch(/^000001-night left: no task starts after \d\d:\d\d$/);
  });
});
