import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { pingAddress, signatureOf, variablesOf } from "../../src/daemon/notices/message.ts";
import { noticesFor } from "../../src/daemon/notices/notices-for.ts";
import { retried } from "../../src/model/lifecycle.ts";
import type { Notice, NoticeReceivers } from "../../src/model/notice.ts";
import type { Task } from "../../src/model/task.ts";
import type { RecordMove } from "../../src/store/writer.ts";
import { after, asClaimed, asRunning, aTask, exited, killedBy, taskIn } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const command = { type: "command" as const, argv: ["tell"] };
const ON: NoticeReceivers = {
  start: [command],
  success: [command],
  failure: [command],
  deadLetter: [command],
  batchEnd: [command],
};
const wishing = { spec: { on: ON } };

async function news(written: readonly RecordMove[], known: readonly Task[] = []): Promise<Notice[]> {
  await using home = new TempHome();
  return noticesFor(written, { layout: home.layout, receivers: {}, known: () => known });
}

const events = async (before: Task | null, next: Task): Promise<string[]> =>
  (await news([{ before, after: next }])).map(({ event }) => event);

describe("newsOf()", () => {
  const queued = aTask(wishing);
  const always = aTask({ spec: { on: ON, restart: { policy: "always", intervalMs: 1_000 } } });
  const retriedOnce = after(queued, killedBy("SIGKILL"));
  const failed = taskIn("failed", wishing);
  const again = retried(failed);

  test.each<[string, Task | null, Task, string[]]>([
    ["the first claim", queued, asClaimed(queued), ["start"]],
    ["its start on record", asClaimed(queued), asRunning(queued), []],
    ["a change while it is prepared", asClaimed(queued), asClaimed(queued), []],
    ["a failure that is retried", asRunning(queued), retriedOnce, []],
    ["the claim of a retry", retriedOnce, asClaimed(retriedOnce), []],
    ["the claim after a person's retry", again, asClaimed(again), ["start"]],
    ["a success", asRunning(queued), taskIn("completed", wishing), ["success", "batchEnd"]],
    ["a failure", asRunning(queued), failed, ["failure", "deadLetter", "batchEnd"]],
    ["a cancel", asRunning(queued), taskIn("cancelled", wishing), ["batchEnd"]],
    ["an edit of what has failed", failed, failed, []],
    ["a person's retry", failed, again, []],
    ["one success of many", asRunning(always), after(always, exited(0)), ["success"]],
    ["an end that a crash cut short", null, failed, ["failure", "deadLetter", "batchEnd"]],
    ["a success of many that a crash cut short", null, after(always, exited(0)), ["success"]],
    ["a retry that a crash cut short", null, retriedOnce, []],
  ])("makes a notice for %s", async (_what, before, next, expected) => {
    expect(await events(before, next)).toEqual(expected);
  });

  test("makes the same notices each time, and others for the next epoch", async () => {
    const [first, ...others] = await news([{ before: null, after: failed }]);
    const asked = await news([{ before: asRunning(queued), after: failed }]);
    expect(asked.map(({ id }) => id)).toEqual([first, ...others].map((one) => one?.id ?? ""));
    const second = after(again, exited(3));
    const next = await news([
      { before: null, after: { ...second, metadata: { ...second.metadata, resourceVersion: 9 } } },
    ]);
    expect(next[0]?.id).not.toBe(first?.id ?? "");
    expect([first?.runId, next[0]?.runId]).toEqual(["token-1", "token-2"]);
  });

  test("reports the end of a batch once, with the last of the tasks that end in one commit", async () => {
    const member = (number: number, state: "completed" | "failed" | "queued"): Task => {
      const spec = { on: { batchEnd: [command] } };
      return taskIn(state, { number, spec, metadata: { batch: "b" } });
    };
    const steps = [member(1, "completed"), member(2, "failed")].map((one) => ({ before: null, after: one }));
    const isOpen = await news(steps, [member(3, "queued")]);
    expect(isOpen).toEqual([]);
    const [only, ...others] = await news(steps);
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      task: { number: 2 },
      counts: { total: 2, completed: 1, failed: 1, cancelled: 0 },
    });
  });

  test("counts the tasks of the batch in done/ and dead-letter/, and no others", async () => {
    await using home = new TempHome();
    const batch = { metadata: { batch: "b" } };
    home.put(taskIn("completed", { number: 1, metadata: { batch: "a" } }));
    home.put(taskIn("completed", { number: 2, ...batch }));
    home.put(taskIn("failed", { number: 3, ...batch }));
    home.put(taskIn("cancelled", { number: 6, ...batch }));
    home.put(taskIn("completed", { number: 7 }));
    const last = taskIn("completed", { number: 5, ...batch, ...wishing });
    const told = noticesFor([{ before: null, after: last }], {
      layout: home.layout,
      receivers: {},
      known: () => [],
    });
    expect(told.at(-1)?.counts).toEqual({ total: 4, completed: 2, failed: 1, cancelled: 1 });
  });
});

describe("what a receiver gets", () => {
  const failure = async (exitCode: number): Promise<Notice> => {
    const [notice] = await news([{ before: null, after: after(aTask(wishing), exited(exitCode)) }]);
    if (notice === undefined) throw new Error("there is no news");
    return notice;
  };

  test("keeps the query of a dead-man switch's address", async () => {
    const notice = await failure(3);
    expect(pingAddress("https://a.org/id/?create=1", notice)).toBe("https://a.org/id/3?create=1&rid=token-1");
    expect(pingAddress("https://a.org/id", { ...notice, event: "start" })).toBe(
      "https://a.org/id/start?rid=token-1",
    );
    const counts = { total: 2, completed: 1, failed: 1, cancelled: 0 };
    expect(pingAddress("https://a.org/id", { ...notice, event: "batchEnd", counts })).toContain("/id/fail?");
    const exitZero = { ...notice, task: { ...notice.task, exitCode: 0 } };
    expect(pingAddress("https://a.org/id", exitZero)).toContain("/id/fail?");
  });

  test("is signed over the time and the body", () => {
    const hex = createHmac("sha256", "key").update("12.body").digest("hex");
    expect(signatureOf("body", { secret: "key", atMs: 12_345 })).toBe(`t=12,v1=${hex}`);
  });

  test("leaves a command's variables empty where there is no value", async () => {
    expect(variablesOf(await failure(3), "/home")).toMatchObject({
      STINT_HOME: "/home",
      STINT_EVENT: "failure",
      STINT_TASK_NAME: "train",
      STINT_STATE: "failed",
      STINT_REASON: "NonRetryable",
      STINT_FAILURE_CODE: "EXIT_NONZERO",
      STINT_EXIT_CODE: "3",
      STINT_SIGNAL: "",
      STINT_ATTEMPT: "1",
      STINT_DURATION_MS: "5000",
      STINT_BATCH_TOTAL: "",
    });
  });
});
