import { describe, expect, test } from "bun:test";
import type { TaskId } from "../../src/model/identity.ts";
import type { ParentState, Spec } from "../../src/model/spec.ts";
import { plan, type Snapshot } from "../../src/plan/plan.ts";
import { waitsIn } from "../../src/plan/waiting.ts";
import { cpuMsOf } from "../rig/cpu-time.ts";
import { aMachine, aSnapshot, devices, GIB } from "../rig/machine.ts";
import { asRunning, aTask, NOW_MS } from "../rig/tasks.ts";

/** Far above what it takes (about 5 ms), far below what a step for each pair of tasks would. */
const LIMIT_MS = 250;
const COUNT = 10_000;

const KINDS: Readonly<Record<string, (number: number) => Partial<Spec>>> = {
  "that want a CPU": () => ({}),
  "that want GPUs": (number) => ({ resources: { gpus: 1 + (number % 4) } }),
  "that share GPUs": (number) => ({ resources: { vramBytes: (10 + (number % 30)) * GIB } }),
  "in one lane": () => ({ slot: "a" }),
  "that replace each other in many lanes": (number) => ({ slot: `a${number % 100}`, admission: "replace" }),
  "each with a key": (number) => ({ unique: `k${number}` }),
  "each after the one before": (number) =>
    number === 1 ? {} : { after: [{ task: aTask({ number: number - 1 }).metadata.id, when: "success" }] },
};

function queueOf(kind: (number: number) => Partial<Spec>): Snapshot {
  const queued = Array.from({ length: COUNT }, (_, index) =>
    aTask({ number: index + 1, spec: kind(index + 1) }),
  );
  const active = Array.from({ length: 8 }, (_, index) => asRunning(aTask({ number: COUNT + 1 + index })));
  const parents = new Map<TaskId, ParentState>(queued.map(({ metadata }) => [metadata.id, "unfinished"]));
  const machine = aMachine({ capacity: { jobs: 64, cpus: 64 }, devices: devices(8) });
  // All have waited for longer than the backfill span.
  return aSnapshot({ queued, active, parents, machine, nowMs: NOW_MS + 3_000_000 });
}

/** The shortest of a few, as others use this machine too. */
function shortestMs(work: () => void): number {
  return Math.min(...Array.from({ length: 3 }, () => cpuMsOf(work)));
}

describe("10,000 queued tasks", () => {
  test.each(Object.entries(KINDS))("%s are planned and explained in little CPU time", (_what, kind) => {
    const snapshot = queueOf(kind);
    expect(shortestMs(() => plan(snapshot))).toBeLessThan(LIMIT_MS);
    const explained = shortestMs(() => {
      const waitOf = waitsIn(snapshot, true);
      for (const task of snapshot.queued) waitOf(task);
    });
    expect(explained).toBeLessThan(4 * LIMIT_MS);
  });
});
