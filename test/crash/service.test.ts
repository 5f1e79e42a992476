import { expect, test } from "bun:test";
import { markedProcesses, Stint, until } from "../rig/stint.ts";

/** How a service manager's signals may be spread over the processes that it ends. */
const BETWEEN_SIGNALS_MS = 60;

/** Each job is done at its second attempt; before that it waits for a TERM. */
const JOBS = {
  saves: "trap 'exit 0' TERM; echo $STINT_TASK_ID >> $HOME/begun; while :; do sleep 0.05; done",
  dies: "echo $STINT_TASK_ID >> $HOME/begun; sleep 60",
  lingers: "trap 'sleep 1; exit 0' TERM; echo $STINT_TASK_ID >> $HOME/begun; while :; do sleep 0.05; done",
};

test.concurrent.each([
  ["the supervisor first", true],
  ["the jobs first", false],
])(
  "jobs that a service manager ends together with their supervisor, %s, are interrupted, uncounted, and run again",
  async (_what, isSupervisorFirst) => {
    await using stint = new Stint();
    const supervisor = await stint.up("--jobs", "3");
    const input = Object.entries(JOBS).map(
      ([name, body]) => `name: ${name}\nscript: |\n  test $STINT_ATTEMPT -ge 2 && exit 0\n  ${body}\n`,
    );
    expect((await stint.run(["submit", "-"], { input: input.join("---\n") })).code).toBe(0);
    for (const number of [1, 2, 3]) await stint.reach(number, "running");
    await until("all have begun", () => stint.textOf("begun").trim().split("\n").length === 3);
    const alive = (): number[] =>
      stint.records().flatMap(({ status }) => status.attempts.flatMap(({ token }) => markedProcesses(token)));
    const jobs = alive();
    if (isSupervisorFirst) supervisor.kill("SIGTERM");
    for (const pid of jobs) kill(pid);
    if (!isSupervisorFirst) {
      await Bun.sleep(BETWEEN_SIGNALS_MS);
      supervisor.kill("SIGTERM");
    }
    expect(await supervisor.exited).toBe(0);
    await until("all have ended", () => alive().length === 0);
    // Nothing was begun that the service manager would have to kill.
    expect(stint.records().map(({ status }) => status.attempts.length)).toEqual([1, 1, 1]);
    await stint.up("--jobs", "3");
    for (const number of [1, 2, 3]) {
      const { status } = await stint.reach(number, "completed");
      expect(status).toMatchObject({ attempt: 2, consecutiveFailures: 0, orphanCount: 0 });
      expect(status.attempts.map(({ failure }) => failure?.code)).toEqual(["INTERRUPTED", undefined]);
    }
    expect((await stint.run(["audit", "verify"])).code).toBe(0);
  },
);

/** One may be gone by its turn: its parent ended it. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It ended by itself.
  }
}
