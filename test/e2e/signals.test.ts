import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "valibot";
import { systemClock, timestamp } from "../../src/lib/clock.ts";
import { taskId } from "../../src/model/identity.ts";
import { Layout } from "../../src/store/layout.ts";
import { postRequest } from "../../src/store/requests.ts";
import { Stint, until } from "../rig/stint.ts";

/** Notes the signals that it gets. */
const notes = (who: string): string =>
  `trap "echo ${who} >> $HOME/got" USR1; echo ${who} >> $HOME/up; while :; do sleep 0.02; done`;
/** So does its child in another session. */
const LISTENS = ["--", "sh", "-c", `setsid sh -c '${notes("child")}' & ${notes("main")}`];

const linesOf = (stint: Stint, file: string): string[] =>
  stint.textOf(file).split("\n").filter(Boolean).toSorted();

async function listening(stint: Stint): Promise<void> {
  await stint.ok("submit", "--name", "listens", "--retries", "0", ...LISTENS);
  await stint.reach(1, "running");
  await until("both listen", () => linesOf(stint, "up").length === 2);
}

describe("cancel --signal", () => {
  test("sends it to all processes of the job and changes nothing of the task", async () => {
    await using stint = new Stint();
    await stint.up();
    await listening(stint);
    const before = stint.record(1);
    expect(await stint.ok("cancel", "1", "--signal", "USR1")).toBe("000001-listens got SIGUSR1");
    await until("both got it", () => linesOf(stint, "got").length === 2);
    expect(linesOf(stint, "got")).toEqual(["child", "main"]);
    expect(stint.record(1)).toEqual(before);
    const audit = readFileSync(new Layout(stint.home).audit, "utf8").trim().split("\n");
    expect(JSON.parse(audit.at(-1) ?? "")).toMatchObject({
      event: "signalled",
      task: "000001-listens",
      detail: "SIGUSR1",
    });
    // What follows is what a signal from elsewhere leads to: the recording parent records the end.
    await stint.ok("cancel", "--all", "--signal", "9");
    const { status } = await stint.reach(1, "failed");
    expect(status.attempts[0]).toMatchObject({ signal: "SIGKILL", failure: { code: "KILLED" } });
    expect(await stint.ok("audit", "verify")).toContain("intact");
  });

  test("reaches a job without a supervisor, and one whose supervisor was killed over it, at least once", async () => {
    await using stint = new Stint();
    const killed = await stint.upUnder({ env: { STINT_FAILPOINT: "request:carried-out" } });
    await listening(stint);
    expect(await stint.ok("cancel", "1", "--signal", "sigusr1")).toBe("000001-listens got SIGUSR1");
    await killed.exited;
    await until("it came twice", () => linesOf(stint, "got").filter((line) => line === "main").length === 2);
    expect(stint.owner()).toBeNull();
    expect(stint.record(1).status.state).toBe("running");
  });

  test("is for one attempt, and for a task that runs", async () => {
    await using stint = new Stint();
    const layout = new Layout(stint.home);
    await stint.up("--jobs", "1");
    await listening(stint);
    await stint.ok("submit", "--name", "waits", "--", "true");
    const { id, uid, epoch } = stint.record(1).metadata;
    const target = { id: parse(taskId, id), uid: String(uid), epoch, attempt: 2 };
    const request = postRequest(layout, {
      at: timestamp(systemClock.now()),
      actor: "ada",
      operation: { verb: "signal", signal: "SIGUSR1", targets: [target] },
    });
    const reply = join(layout.requests, `${request.id}.reply.json`);
    await until("it is answered", () => stint.files("requests").join() === `${request.id}.reply.json`);
    expect(JSON.parse(readFileSync(reply, "utf8"))).toMatchObject({
      answers: [{ problem: { code: "VERSION_CONFLICT", hint: "see what it is now: stint show 1" } }],
    });
    const queued = await stint.run(["cancel", "waits", "--signal", "USR1"]);
    expect(queued).toMatchObject({
      code: 4,
      err: expect.stringContaining("it is queued, wanted a task that runs"),
    });
    expect(linesOf(stint, "got")).toEqual([]);
    await stint.ok("cancel", "1", "--force");
    await stint.reach(1, "cancelled");
    expect((await stint.run(["cancel", "1", "--signal", "USR1"])).code).toBe(4);
    expect((await stint.run(["cancel", "1", "--signal", "USR1", "--if-exists"])).code).toBe(0);
  });

  test.each([["abc"], ["0"], ["65"], ["STOP"], ["SIGCONT"], [""]])(
    "refuses the signal %j",
    async (signal) => {
      await using stint = new Stint();
      await stint.ok("submit", "--", "true");
      const { code, err } = await stint.run(["cancel", "1", "--signal", signal]);
      expect(err).toContain(`--signal is "${signal}", wanted a signal such as USR1`);
      expect(code).toBe(2);
    },
  );
});
