import { describe, expect, test } from "bun:test";
import { ownEntries } from "../../src/model/feed.ts";
import { cancelledInQueue, retried, stopRequested } from "../../src/model/lifecycle.ts";
import type { Task } from "../../src/model/task.ts";
import { after, aStop, asClaimed, asRunning, aTask, at, exited, killedBy, taskIn } from "../rig/tasks.ts";

const types = (before: Task | null, next: Task): string[] => ownEntries(before, next).map(({ type }) => type);
const queued = aTask({ spec: { topic: "t", attributes: { team: "a" } } });
const running = asRunning(queued);

describe("ownEntries()", () => {
  test.each<[string, Task | null, Task, string[]]>([
    ["a submission", null, queued, []],
    ["a claim", queued, asClaimed(queued), ["ASSIGNED"]],
    ["a start", asClaimed(queued), running, ["STARTED"]],
    ["a success", running, after(queued, exited(0)), ["COMPLETED"]],
    ["a start and an end at once", asClaimed(queued), after(queued, exited(0)), ["STARTED", "COMPLETED"]],
    ["a failure", running, after(queued, exited(3)), ["FAILED"]],
    ["a failure that is retried", running, after(queued, exited(69)), ["FAILED", "BACKOFF"]],
    ["a stop", running, stopRequested(running, aStop()), ["SIGNALLED"]],
    [
      "a cancelled job",
      stopRequested(running, aStop()),
      after(queued, killedBy("SIGTERM"), { stop: aStop() }),
      ["CANCELLED"],
    ],
    [
      "a cancelled wait",
      queued,
      cancelledInQueue(queued, { endedAt: at(), message: "m", reason: "User" }),
      ["CANCELLED"],
    ],
    ["a retry by a user", taskIn("failed"), retried(taskIn("failed")), ["RETRIED"]],
    ["a change of the priority", running, { ...running, spec: { ...running.spec, priority: 9 } }, []],
  ])("tells %s", (_, before, next, wanted) => {
    expect(types(before, next)).toEqual(wanted);
  });

  test("says how an attempt ended, with the version of the record and the attributes of the task", () => {
    const [line] = ownEntries(running, after(queued, exited(69)));
    expect(line).toMatchObject({
      task: "000001-train",
      attempt: 1,
      payload: { exitCode: 69, code: "NETWORK" },
      attributes: { team: "a" },
      version: 1,
    });
  });
});
