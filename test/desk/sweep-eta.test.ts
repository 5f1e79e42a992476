import { expect, test } from "bun:test";
import { sweepLeftMs } from "../../src/desk/sweep-eta.ts";
import { asRunning, aTask, NOW_MS } from "../rig/tasks.ts";

const queued = (count: number, hold = false) =>
  Array.from({ length: count }, () => aTask({ spec: { hold } }));
const running = (count: number) => Array.from({ length: count }, () => asRunning(aTask()));

test.each([
  ["two at a time, each 10 s, six of them to go", 2, queued(4), 0, 30_000],
  ["what runs is half done", 2, queued(4), 5_000, 25_000],
  ["held members do not count", 2, queued(9, true), 5_000, 5_000],
  ["what runs takes longer than the others did", 1, [], 20_000, 0],
])("%s", (_, atATime, waiting, runForMs, expected) => {
  const unfinished = { running: running(atATime), queued: waiting };
  expect(sweepLeftMs(unfinished, { ranMs: [9_000, 11_000], nowMs: NOW_MS + runForMs })).toBe(expected);
});

test("no estimate is made where no member has completed, or none runs", () => {
  expect(sweepLeftMs({ running: running(1), queued: queued(3) }, { ranMs: [], nowMs: NOW_MS })).toBeNull();
  expect(sweepLeftMs({ running: [], queued: queued(3) }, { ranMs: [10_000], nowMs: NOW_MS })).toBeNull();
});
