import { expect, test } from "bun:test";
import type { Task } from "../../src/model/task.ts";
import { type Action, plan } from "../../src/plan/plan.ts";
import { type FakeClock, fakeClock } from "../rig/clock.ts";
import { fc } from "../rig/fast-check.ts";
import { aSnapshot } from "../rig/machine.ts";
import { after, asRunning, aTask, at, killedBy, NOW_MS } from "../rig/tasks.ts";

const DAY = 86_400_000;
/** The longest that the loop sleeps. */
const LOOK_MS = 2_000;
/** `asRunning` notes a start 1000 ms after the boot. */
const STARTED_AWAKE_MS = 1_000;

/** What happens to a clock: time passes awake, and then it is set forward or back. */
const anyHistory = fc.array(
  fc.record({ passMs: fc.integer({ min: 0, max: 20_000 }), jumpMs: fc.integer({ min: -DAY, max: DAY }) }),
  { maxLength: 8 },
);

/** A queue of one task under a clock, looked at as the loop does: when the plan says so, and every two seconds. */
class OneTask {
  readonly done: Action["type"][] = [];
  readonly clock: FakeClock;
  task: Task;

  constructor(task: Task, clock: FakeClock) {
    this.task = task;
    this.clock = clock;
  }

  /** Gives the plan's word for when to look again, but for what was carried out. */
  look(): number {
    const isQueued = this.task.status.state === "queued";
    const { actions, wakeInMs } = plan(
      aSnapshot({
        nowMs: this.clock.now(),
        awakeMs: this.clock.awakeMs(),
        queued: isQueued ? [this.task] : [],
        active: isQueued ? [] : [this.task],
      }),
    );
    for (const action of actions) {
      if (action.type === "rescheduleBackoff") this.task = action.to;
      else this.done.push(action.type);
    }
    return Math.min(LOOK_MS, wakeInMs ?? LOOK_MS);
  }

  /** Lets time pass awake until something is done with the task, at most so long. */
  pass(ms: number): void {
    let leftMs = ms;
    while (this.done.length === 0) {
      const sleepMs = Math.min(this.look(), leftMs);
      if (this.done.length > 0 || leftMs <= 0) return;
      this.clock.advance(sleepMs);
      leftMs -= sleepMs;
    }
  }
}

test("a timeout comes after its time awake, neither early nor late, however the clock is set", () => {
  fc.assert(
    fc.property(anyHistory, fc.integer({ min: 1, max: 60_000 }), (history, timeoutMs) => {
      const clock = fakeClock();
      clock.advance(STARTED_AWAKE_MS);
      const one = new OneTask(asRunning(aTask({ spec: { timeoutMs } })), clock);
      for (const { passMs, jumpMs } of history) {
        one.pass(passMs);
        clock.jump(jumpMs);
      }
      one.pass(timeoutMs);
      expect(one.done).toEqual(["timeOut"]);
      expect(clock.awakeMs() - STARTED_AWAKE_MS).toBe(timeoutMs);
    }),
  );
});

test("a backoff lasts at most its delay after the last jump of the clock, and exactly its delay without one", () => {
  const waiting = after(aTask(), killedBy("SIGKILL"));
  const last = waiting.status.attempts.at(-1);
  const decidedMs = last?.state === "failed" ? (last.retry?.delayMs ?? 0) : 0;
  expect(decidedMs).toBeGreaterThan(0);
  fc.assert(
    fc.property(anyHistory, (history) => {
      // The attempt ended five seconds in.
      const clock = fakeClock(NOW_MS + 5_000);
      const one = new OneTask(waiting, clock);
      for (const { passMs, jumpMs } of history) {
        one.pass(passMs);
        clock.jump(jumpMs);
      }
      const jumpedAtMs = clock.awakeMs();
      one.pass(DAY);
      expect(one.done).toEqual(["claim"]);
      expect(clock.awakeMs() - jumpedAtMs).toBeLessThanOrEqual(decidedMs);
      if (history.length === 0) expect(clock.awakeMs()).toBe(decidedMs);
    }),
  );
});

test("a time that the user gave follows the wall clock through jumps, and is never clamped", () => {
  fc.assert(
    fc.property(anyHistory, fc.integer({ min: 1, max: DAY }), (history, inMs) => {
      const clock = fakeClock();
      const one = new OneTask(aTask({ spec: { notBefore: at(inMs) } }), clock);
      for (const { passMs, jumpMs } of history) {
        one.pass(passMs);
        expect(one.done.length > 0).toBe(clock.now() >= NOW_MS + inMs);
        if (one.done.length > 0) return;
        clock.jump(jumpMs);
      }
      one.look();
      expect(one.done.length > 0).toBe(clock.now() >= NOW_MS + inMs);
    }),
  );
});
