import { expect, test } from "bun:test";
import { NO_EVENTS } from "../../src/model/event-summary.ts";
import { stopRequested } from "../../src/model/lifecycle.ts";
import { timelineOf } from "../../src/model/timeline.ts";
import { finishAttempt } from "../../src/plan/finish-attempt.ts";
import {
  after,
  anEnd,
  aStop,
  asRunning,
  aTask,
  at,
  exited,
  half,
  killedBy,
  lastEnded,
} from "../rig/tasks.ts";

test("timelineOf() has the words of the supervisor and of the job in the order of time", () => {
  const timeline = [
    { type: "INFO" as const, msg: "no time" },
    { at: at(1_000), type: "INFO" as const, msg: "one" },
    { at: at(3_000), type: "ERROR" as const, msg: "three" },
  ];
  const stop = aStop({ requestedAt: at(2_000) });
  const end = anEnd(killedBy("SIGTERM"), { stop, events: { ...NO_EVENTS, lines: 3, timeline } });
  const ended = finishAttempt(stopRequested(asRunning(aTask()), stop), end, half);
  expect(timelineOf(lastEnded(ended)).map(({ type, msg }) => `${type} ${msg}`)).toEqual([
    "ASSIGNED attempt 1",
    "STARTED ",
    "INFO no time",
    "INFO one",
    "SIGNALLED User",
    "ERROR three",
    "CANCELLED cancelled by ada",
  ]);
});

test("timelineOf() tells of a failure and of the wait for the next attempt", () => {
  const failed = after(aTask(), exited(69));
  expect(timelineOf(lastEnded(failed)).map(({ type }) => type)).toEqual([
    "ASSIGNED",
    "STARTED",
    "FAILED",
    "BACKOFF",
  ]);
});
