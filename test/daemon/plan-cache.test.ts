import { expect, spyOn, test } from "bun:test";
import { LiveConfig } from "../../src/daemon/config/live-config.ts";
import type { schedulingConfigOf } from "../../src/daemon/config/scheduling-config.ts";
import { PlanCache } from "../../src/daemon/plan-cache.ts";
import { DEFAULT_SETTINGS } from "../../src/intake/default-settings.ts";
import { fakeClock } from "../rig/clock.ts";
import { holderOf } from "../rig/holder.ts";
import { aMachine } from "../rig/machine.ts";
import { after, aTask, at, exited } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

/** A queue that waits, and how often it was planned. */
class Rig implements AsyncDisposable {
  readonly home = new TempHome();
  readonly clock = fakeClock();
  readonly supervisor = holderOf(this.home.layout, this.clock);
  readonly #made = spyOn(this.supervisor.queue, "planInputAt");
  readonly #planning = new PlanCache(this.supervisor);
  last = this.#planning.current(true);

  constructor() {
    this.supervisor.queue.upsert(aTask({ number: 1, spec: { hold: true } }));
    this.supervisor.queue.upsert(aTask({ number: 2, spec: { notBefore: at(60_000) } }));
    expect(this.isPlanned()).toBe(true);
  }

  /** True where a look led to another plan. */
  isPlanned(isClaiming = true): boolean {
    const before = this.#made.mock.calls.length;
    this.last = this.#planning.current(isClaiming);
    return this.#made.mock.calls.length > before;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.supervisor[Symbol.dispose]();
    await this.home[Symbol.asyncDispose]();
  }
}

test("a plan is reused while nothing changes, and its wait goes on", async () => {
  await using rig = new Rig();
  expect(rig.last).toEqual({ actions: [], wakeInMs: 60_000, pause: null, isWaiting: false });
  rig.clock.advance(2_000);
  expect(rig.isPlanned()).toBe(false);
  expect(rig.last.wakeInMs).toBe(58_000);
});

test("a plan is made again after a while, and as soon as time alone may change it", async () => {
  await using rig = new Rig();
  rig.clock.advance(30_000);
  expect(rig.isPlanned()).toBe(false);
  rig.clock.advance(1);
  expect(rig.isPlanned()).toBe(true);
  rig.clock.advance(29_998);
  expect(rig.isPlanned()).toBe(false);
  rig.clock.advance(1);
  expect(rig.isPlanned()).toBe(true);
  expect(rig.last.actions).toMatchObject([{ type: "claim" }]);
  // It was not carried out: it is still to be done.
  expect(rig.isPlanned()).toBe(true);
  expect(rig.last.actions).toHaveLength(1);
});

test.each<[string, (rig: Rig) => void]>([
  [
    "a task that was taken in",
    ({ supervisor }) => supervisor.queue.upsert(aTask({ number: 3, spec: { hold: true } })),
  ],
  ["a task that ended", ({ supervisor }) => supervisor.queue.upsert(after(aTask({ number: 1 }), exited(0)))],
  ["a task that is gone", ({ supervisor }) => supervisor.queue.remove(aTask({ number: 1 }).metadata.id)],
  ["a wish to serve a task", ({ supervisor }) => void supervisor.queue.delegatedUids.add("uid-1")],
  ["a jump of the clock", ({ clock }) => clock.jump(-1_000)],
  ["a suspend", ({ clock }) => clock.jump(5_000)],
  [
    "a paused queue",
    ({ supervisor }) => {
      const paused = { at: "2026-05-01T00:00:00.000Z", by: "ada" };
      const compute: typeof schedulingConfigOf = (_settings, _flags, changed) => ({
        ...aMachine(),
        paused: changed.overrides.paused ?? null,
      });
      const config = new LiveConfig({ settings: DEFAULT_SETTINGS, text: null, flags: {} }, compute);
      Object.defineProperty(supervisor.context, "config", { value: config });
      config.takeOverrides({ lasting: {}, paused }, "owner");
    },
  ],
  [
    "a device",
    ({ supervisor }) => {
      const machine = { ...supervisor.machine, awaitingProbe: new Set(["GPU-0"]) };
      Object.defineProperty(supervisor, "machine", { value: machine });
    },
  ],
])("a plan is made again for %s, and for nothing else", async (_what, change) => {
  await using rig = new Rig();
  change(rig);
  expect(rig.isPlanned()).toBe(true);
  expect(rig.isPlanned()).toBe(false);
});

test("a plan is made again when claiming starts or stops", async () => {
  await using rig = new Rig();
  expect(rig.isPlanned(false)).toBe(true);
  expect(rig.isPlanned(false)).toBe(false);
  expect(rig.isPlanned(true)).toBe(true);
});
