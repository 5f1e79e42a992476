import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { FAKETIME, JumpingStint } from "../rig/jumping-stint.ts";
import { type Stopwatch, stopwatch } from "../rig/patience.ts";
import { until } from "../rig/stint.ts";

/** Real jumps of the wall clock under the real executable; `apt-get install libfaketime` where they are skipped. */
describe.skipIf(FAKETIME === null)("with the clock set by libfaketime", () => {
  /** Long enough to see a job run, and to kill and start a supervisor meanwhile, on a busy machine. */
  const TIMEOUT_MS = 8_000;
  const JUMP_HOURS = 5;
  /** A clock that shows whole seconds, and the difference of two clocks. */
  const ROUNDING_MS = 500;

  /** Waits until the timeout was enforced, for much less than a clock that jumped would take, and holds it to have come late enough. */
  async function expectTimedOut(stint: JumpingStint, number: number, begun: Stopwatch): Promise<void> {
    const { status } = await stint.reach(number, "failed");
    expect(status.attempts.map(({ failure }) => failure?.code)).toEqual(["TIMEOUT"]);
    expect(begun.hasPassed(TIMEOUT_MS - ROUNDING_MS)).toBe(true);
  }

  const task = (name: string, more: string): string => `name: ${name}\n${more}\n`;
  const timed = task("timed", `run: exec sleep 60\ntimeout: ${TIMEOUT_MS}ms`);

  test.concurrent("the clock is really set for a command, a supervisor and a job", async () => {
    await using stint = new JumpingStint();
    stint.setClock(-JUMP_HOURS);
    await stint.ok("submit", "--", "sh", "-c", "date +%s");
    await stint.ok("drain");
    const expectedS = Date.now() / 1_000 - JUMP_HOURS * 3_600;
    const said = Number(await stint.ok("logs", "1"));
    expect(said).toBeWithin(expectedS - 60, expectedS + 60);
    const { metadata } = stint.record(1);
    for (const at of [metadata["createdAt"], metadata["updatedAt"]])
      expect(Date.parse(String(at)) / 1_000).toBeWithin(expectedS - 60, expectedS + 60);
  });

  test.concurrent("a clock that is set forward makes no timeout early, ends backoffs, and reaches the user's times", async () => {
    await using stint = new JumpingStint();
    await stint.up("--jobs", "4");
    const input = [
      timed,
      task(
        "waits",
        "run: test $STINT_ATTEMPT -ge 2\nretries: 1\nbackoff: {first: 3h, max: 3h, jitter: none}",
      ),
      task("scheduled", "run: 'true'\nnotBefore: 4h"),
      task("later", "run: 'true'\nnotBefore: 8h"),
    ].join("---\n");
    const begun = stopwatch();
    await stint.run(["submit", "-"], { input });
    await stint.reach(1, "running");
    await until("the second waits", () => stint.record(2).status.reason === "Backoff");
    stint.setClock(JUMP_HOURS);
    await stint.reach(2, "completed");
    await stint.reach(3, "completed");
    expect(stint.record(4).status.state).toBe("queued");
    await expectTimedOut(stint, 1, begun);
  });

  test.concurrent("a clock that is set back restarts a backoff at its full length, delays no timeout, and leaves the user's time as it is", async () => {
    await using stint = new JumpingStint();
    await stint.up("--jobs", "4");
    const input = [
      timed,
      task("waits", "run: test $STINT_ATTEMPT -ge 2\nretries: 1\nbackoff: {first: 4s, jitter: none}"),
      task("scheduled", "run: 'true'\nnotBefore: 1h"),
    ].join("---\n");
    const begun = stopwatch();
    await stint.run(["submit", "-"], { input });
    await stint.reach(1, "running");
    await until("the second waits", () => stint.record(2).status.reason === "Backoff");
    const { notBefore } = stint.record(3).spec;
    const jumped = stopwatch();
    stint.setClock(-JUMP_HOURS);
    const { status } = await stint.reach(2, "completed");
    expect(status.attempts).toHaveLength(2);
    expect(jumped.hasPassed(3_900)).toBe(true);
    await expectTimedOut(stint, 1, begun);
    stint.setClock(0.9);
    // Longer than the longest sleep of the loop: not even an hour's difference is clamped for the user.
    await Bun.sleep(2_200);
    expect(stint.record(3)).toMatchObject({ spec: { notBefore }, status: { state: "queued" } });
    stint.setClock(1.1);
    await stint.reach(3, "completed");
    expect((await stint.run(["audit", "verify"])).code).toBe(0);
  });

  test.concurrent("the lock stays with its living owner, which takes files and requests as before", async () => {
    await using stint = new JumpingStint();
    await stint.up();
    for (const hours of [JUMP_HOURS, -JUMP_HOURS]) {
      stint.setClock(hours);
      const rival = await stint.run(["up"]);
      expect(rival.code).toBe(4);
      expect(rival.err).toContain("holds the lock");
      const dropped = `${stint.home}/inbox/dropped.yaml`;
      writeFileSync(dropped, "");
      // The kernel's time and stint's part here: a file that was only just opened is not taken for hours old.
      await Bun.sleep(500);
      expect(existsSync(dropped)).toBe(true);
      writeFileSync(dropped, "run: sleep 60\n");
      await until("the file is queued", () => stint.records().length === (hours > 0 ? 1 : 2));
      await stint.reach(hours > 0 ? 1 : 2, "running");
      await stint.ok("cancel", hours > 0 ? "1" : "2");
      await stint.reach(hours > 0 ? 1 : 2, "cancelled");
    }
    await stint.ok("down");
    expect(stint.owner()).toBeNull();
    await stint.up();
    await stint.ok("down");
  });

  test.concurrent.each([
    ["recorded", JUMP_HOURS],
    ["recorded", -JUMP_HOURS],
    ["not recorded yet", JUMP_HOURS],
    ["not recorded yet", -JUMP_HOURS],
  ] as const)(
    "a job whose start is %s is adopted %d hours later and times out by time awake",
    async (start, hours) => {
      await using stint = new JumpingStint();
      await stint.run(["submit", "-"], { input: timed });
      // The second dies before it can write down when the job began.
      const env = start === "recorded" ? {} : { STINT_FAILPOINT: "start:launched" };
      const begun = stopwatch();
      const first = stint.start(["up"], { env });
      if (start === "recorded") {
        await stint.reach(1, "running");
        first.kill("SIGKILL");
      }
      await first.exited;
      stint.setClock(hours);
      await until("the job has begun", () => stint.files("runs/000001-timed/1").includes("start"));
      await stint.up();
      // Stopped at its adoption, it would have ended well before.
      await expectTimedOut(stint, 1, begun);
    },
  );
});
