import { describe, expect, test } from "bun:test";
import { killMarked, markedProcesses, Stint, until } from "../rig/stint.ts";

/** Notes when it begins and when it is told to end, and ends only when it is killed. */
const STUBBORN =
  "trap 'echo told >> $HOME/notes' TERM; echo begun >> $HOME/notes; while :; do sleep 0.05; done";

const script = (body: string): string => `script: |\n  ${body}\n`;

async function submit(stint: Stint, text: string): Promise<void> {
  const { code, err } = await stint.run(["submit", "-"], { input: text });
  expect({ code, err }).toEqual({ code: 0, err: "" });
}

async function killSupervisor(stint: Stint, supervisor: Bun.Subprocess): Promise<void> {
  supervisor.kill("SIGKILL");
  await supervisor.exited;
  expect(stint.owner()?.["pid"]).toBe(supervisor.pid);
}

/** Cancelled, nothing of it alive, and the log agrees. */
async function expectCancelled(stint: Stint): Promise<void> {
  const { status } = await stint.reach(1, "cancelled");
  for (const { token, state } of status.attempts) {
    expect(state).not.toBe("running");
    expect(markedProcesses(token)).toEqual([]);
  }
  expect((await stint.run(["audit", "verify"])).code).toBe(0);
}

async function expectLocked(stint: Stint): Promise<void> {
  const before = stint.records();
  expect((await stint.run(["cancel", "1"])).code).toBe(4);
  expect((await stint.run(["cancel", "1", "--if-exists"])).code).toBe(0);
  expect(stint.records()).toEqual(before);
}

describe("a cancel of a queued task", () => {
  test.concurrent.each([
    ["held", "run: true\nhold: true\n"],
    ["scheduled", "run: true\nnotBefore: 1h\n"],
    ["without room to run", "run: true\n---\nrun: sleep 60\npriority: 9\n"],
    ["in its backoff", "run: exit 9\nretries: 3\nbackoff: {first: 1h, max: 1h, jitter: none}\n"],
  ])("ends a task that is %s at once", async (what, text) => {
    for (const isSupervised of [true, false]) {
      await using stint = new Stint();
      await submit(stint, text);
      const supervisor = await stint.up("--jobs", "1");
      if (what === "without room to run") await stint.reach(2, "running");
      if (what === "in its backoff")
        await until("it failed", () => stint.record(1).status.reason === "Backoff");
      if (!isSupervised) await killSupervisor(stint, supervisor);
      const { attempts } = stint.record(1).status;
      expect(await stint.ok("cancel", "1", "--pending-only")).toEndWith(" cancelled");
      await expectCancelled(stint);
      expect(stint.record(1).status.attempts).toEqual(attempts);
      await expectLocked(stint);
    }
  });
});

describe("a cancel of a task that was claimed", () => {
  test.concurrent.each([
    ["was not started yet", "start:claimed", 0],
    ["was started, and is not on record as running yet", "start:launched", 1],
  ])("ends a task that %s", async (_what, failpoint, begins) => {
    await using stint = new Stint();
    await submit(stint, script("echo begun >> $HOME/notes; sleep 60"));
    await stint.run(["drain"], { env: { STINT_FAILPOINT: failpoint } });
    expect(stint.record(1).status.state).toBe("preparing");
    if (begins > 0) await until("it has begun", () => stint.textOf("notes") !== "");
    await stint.ok("cancel", "1");
    await expectCancelled(stint);
    expect(stint.textOf("notes").split("\n")).toHaveLength(begins + 1);
  });

  test.concurrent("ends a running task; with --pending-only it does not", async () => {
    await using stint = new Stint();
    await stint.up();
    await submit(stint, "run: sleep 60\n");
    await stint.reach(1, "running");
    expect((await stint.run(["cancel", "1", "--pending-only"])).code).toBe(4);
    expect(await stint.ok("cancel", "1")).toEndWith(" being cancelled");
    await expectCancelled(stint);
    await expectLocked(stint);
  });

  test.concurrent("counts for a job that answers TERM by saving its work and exiting with 0", async () => {
    await using stint = new Stint();
    await stint.up();
    await submit(
      stint,
      script("trap 'exit 0' TERM; echo begun >> $HOME/notes; while :; do sleep 0.05; done"),
    );
    await until("it has begun", () => stint.textOf("notes") !== "");
    await stint.ok("cancel", "1");
    await expectCancelled(stint);
  });

  test.concurrent("waits for a job that is stopping, and a second cancel kills the job", async () => {
    await using stint = new Stint();
    await stint.up();
    await submit(stint, script(STUBBORN));
    await until("it has begun", () => stint.textOf("notes") === "begun\n");
    expect(await stint.ok("cancel", "1")).toEndWith(" being cancelled");
    await until("it was told", () => stint.textOf("notes").endsWith("told\n"));
    expect(markedProcesses(stint.record(1).status.attempts[0]?.token ?? "")).not.toEqual([]);
    expect(await stint.ok("cancel", "1")).toEndWith(" being killed");
    await expectCancelled(stint);
    expect(stint.record(1).status.attempts[0]).toMatchObject({ signal: "SIGKILL" });
  });

  test.concurrent("comes too late for a job whose process has ended, unless --force is given", async () => {
    await using stint = new Stint();
    await stint.up();
    // What the job left behind holds its result up.
    await submit(stint, script(`{ ${STUBBORN}; } &\n  until test -e $HOME/notes; do sleep 0.05; done`));
    await until("the rest was told", () => stint.textOf("notes").endsWith("told\n"));
    await stint.reach(1, "running");
    await expectLocked(stint);
    expect(await stint.ok("cancel", "1", "--force")).toEndWith(" being killed");
    await expectCancelled(stint);
  });

  test.concurrent("ends a lost job instead of queueing it again", async () => {
    await using stint = new Stint();
    const supervisor = await stint.up();
    await submit(stint, "run: sleep 60\n");
    const { status } = await stint.reach(1, "running");
    await killSupervisor(stint, supervisor);
    await killMarked(status.attempts.map(({ token }) => token));
    await stint.ok("cancel", "1");
    await expectCancelled(stint);
    expect(stint.record(1).status.attempts).toHaveLength(1);
  });

  test.concurrent("comes too late for a job that ended while no supervisor ran", async () => {
    await using stint = new Stint();
    const supervisor = await stint.up();
    await submit(stint, "name: late\nrun: until test -e $HOME/go; do sleep 0.05; done\n");
    await stint.reach(1, "running");
    await killSupervisor(stint, supervisor);
    await Bun.write(`${stint.root}/go`, "");
    await until("it has ended", () => stint.files("runs/000001-late/1").includes("exit.json"));
    expect((await stint.run(["cancel", "1"])).code).toBe(4);
    await stint.reach(1, "completed");
    await expectLocked(stint);
  });
});

test.concurrent.each([
  ["completed", "run: true\n"],
  ["failed", "run: exit 3\n"],
])(
  "a cancel of a task that is %s is a conflict, and of a number that was never given it is not found",
  async (state, text) => {
    await using stint = new Stint();
    await submit(stint, text);
    await stint.run(["drain"]);
    await stint.reach(1, state);
    await expectLocked(stint);
    expect((await stint.run(["cancel", "99"])).code).toBe(3);
    expect((await stint.run(["cancel", "99", "--if-exists"])).code).toBe(0);
  },
);
