import { describe, expect, test } from "bun:test";
import type { Capacity } from "../../src/model/resources.ts";
import { reasonNotToWait } from "../../src/plan/finality.ts";
import { after, aTask, at, exited, killedBy, LOST, NOW_MS } from "../rig/tasks.ts";

const MACHINE: Capacity = { jobs: 2, cpus: 4, memoryBytes: 1_000 };
const always = { restart: { policy: "always", intervalMs: 60_000 } } as const;
const later = aTask({ spec: { notBefore: at(3_600_000) } });

describe("reasonNotToWait()", () => {
  test.each([
    ["what is ready", aTask(), null],
    ["what waits for its retry", after(aTask(), killedBy("SIGKILL")), null],
    ["what was lost and is queued again", after(aTask(), LOST), null],
    ["what takes the whole machine", aTask({ spec: { resources: { cpus: 4, memoryBytes: 1_000 } } }), null],
    ["what is held", aTask({ spec: { hold: true } }), "held"],
    ["what is for later", later, `not before ${at(3_600_000)}`],
    ["what restarts always, before its first run too", aTask({ spec: always }), "restarts always"],
    ["what rests between two rounds", after(aTask({ spec: always }), exited(0)), "restarts always"],
    [
      "what this machine can never run",
      aTask({ spec: { resources: { cpus: 5 } } }),
      "wants 5 cpus, this machine has 4",
    ],
    [
      "what wants a GPU where there is none",
      aTask({ spec: { resources: { gpus: 1 } } }),
      "wants 1 gpus, this machine has 0",
    ],
  ])("of %s", (_what, task, reason) => {
    expect(reasonNotToWait(task, NOW_MS, MACHINE)).toBe(reason);
  });

  test("is over once the time has come", () => {
    expect(reasonNotToWait(later, NOW_MS + 3_600_000, MACHINE)).toBeNull();
  });

  test("waits for nothing where no job may run", () => {
    expect(reasonNotToWait(aTask(), NOW_MS, { ...MACHINE, jobs: 0 })).toBe(
      "wants 1 jobs, this machine has 0",
    );
  });
});
