import { describe, expect, test } from "bun:test";
import { claimed } from "../../src/model/lifecycle.ts";
import type { Resources } from "../../src/model/resources.ts";
import type { Task } from "../../src/model/task.ts";
import { plan } from "../../src/plan/plan.ts";
import { fc } from "../rig/fast-check.ts";
import { aMachine, aSnapshot, devices, type MachineChange } from "../rig/machine.ts";
import { type Stream, startOfBig } from "../rig/simulation.ts";
import { aTask, at } from "../rig/tasks.ts";

const SPAN_MS = 10_000;
const LONGEST_MS = 5_000;
const FOREVER_MS = 20 * SPAN_MS;

interface Kind {
  readonly machine: MachineChange;
  readonly big: Resources;
  readonly small: readonly Resources[];
}

/** What a big task can lack, and small tasks of which some would always take it. */
const KINDS: Readonly<Record<string, Kind>> = {
  CPUs: { machine: { capacity: { cpus: 4 } }, big: { cpus: 4 }, small: [{}, { cpus: 2 }] },
  memory: {
    machine: { capacity: { cpus: 16, memoryBytes: 80 } },
    big: { memoryBytes: 70 },
    small: [{ memoryBytes: 20 }, { memoryBytes: 30 }],
  },
  "CPUs and memory": {
    machine: { capacity: { cpus: 4, memoryBytes: 80 } },
    big: { cpus: 3, memoryBytes: 70 },
    small: [{ memoryBytes: 20 }, { cpus: 2 }, { memoryBytes: 50 }],
  },
  "a whole GPU that others share": {
    machine: { devices: devices(2, { memoryBytes: 100 }) },
    big: { gpus: 1 },
    small: [{ vramBytes: 30 }, { vramBytes: 45 }],
  },
  "several whole GPUs": {
    machine: { devices: devices(4, { memoryBytes: 100 }) },
    big: { gpus: 4 },
    small: [{ gpus: 1 }, { vramBytes: 30 }],
  },
  "some of the GPUs": {
    machine: { devices: devices(4, { memoryBytes: 100 }) },
    big: { gpus: 2 },
    small: [{ vramBytes: 30 }, { vramBytes: 45 }],
  },
  "a large share of a GPU": {
    machine: { devices: devices(2, { memoryBytes: 100 }) },
    big: { vramBytes: 90 },
    small: [{ vramBytes: 30 }, { vramBytes: 45 }],
  },
  "a GPU and CPUs": {
    machine: { capacity: { cpus: 4 }, devices: devices(2, { memoryBytes: 100 }) },
    big: { gpus: 1, cpus: 4 },
    small: [{ vramBytes: 30 }, {}, { cpus: 2 }],
  },
  "all GPUs, CPUs and memory": {
    machine: { capacity: { cpus: 6, memoryBytes: 80 }, devices: devices(2, { memoryBytes: 100 }) },
    big: { gpus: 2, cpus: 5, memoryBytes: 70 },
    small: [{ vramBytes: 40 }, { memoryBytes: 30 }, { cpus: 2 }, { gpus: 1 }],
  },
};

const anyDurations = fc.array(fc.integer({ min: 200, max: LONGEST_MS }), { minLength: 3, maxLength: 12 });

function streamOf(
  { machine, big, small }: Kind,
  { durations, guardMs }: { durations: readonly number[]; guardMs: number },
): Stream {
  const capacity = { jobs: 8, ...machine.capacity };
  const length = durations.length * small.length;
  return {
    machine: aMachine({ ...machine, capacity, policy: { backfillMs: guardMs, ageingMs: 3_600_000 } }),
    big,
    small: Array.from({ length }, (_, index) => ({
      resources: small[index % small.length] ?? {},
      ms: durations[index % durations.length] ?? LONGEST_MS,
    })),
    waiting: 8,
    limitMs: FOREVER_MS,
  };
}

/**
 * The bound: once the backfill span is over, GPUs are kept, and all that runs on those ends within the longest running time;
 * then CPUs and memory are kept, and all that runs then ends within one more. Without GPUs, or with GPUs alone, one of
 * the two is all.
 */
function boundMs({ big }: Kind): number {
  const hasGpus = big.gpus !== undefined || big.vramBytes !== undefined;
  const hasOthers = big.cpus !== undefined || big.memoryBytes !== undefined;
  const phases = hasGpus && hasOthers ? 2 : 1;
  return SPAN_MS + phases * LONGEST_MS;
}

describe("a large task among small ones that keep arriving", () => {
  test.each(Object.entries(KINDS))(
    "starts after the backfill span and the longest running time for each phase, if it lacks %s",
    (_what, kind) => {
      fc.assert(
        fc.property(anyDurations, (durations) => {
          const startMs = startOfBig(streamOf(kind, { durations, guardMs: SPAN_MS }));
          expect(startMs ?? FOREVER_MS).toBeLessThanOrEqual(boundMs(kind));
        }),
        { numRuns: 25 },
      );
    },
  );

  test.each(Object.entries(KINDS))("would wait forever without the guard, if it lacks %s", (_what, kind) => {
    const starts = Array.from({ length: 12 }, (_, index) => {
      const durations = Array.from(
        { length: 7 },
        (_none, step) => 1_000 + ((step * 1_237 + index * 661) % 4_000),
      );
      return startOfBig(streamOf(kind, { durations, guardMs: Number.POSITIVE_INFINITY }));
    });
    expect(starts).toContain(null);
  });
});

describe("a reservation for a task that has waited for the backfill span", () => {
  const MACHINE = aMachine({
    capacity: { jobs: 9, cpus: 8, memoryBytes: 1_000 },
    devices: devices(2, { memoryBytes: 100 }),
    policy: { backfillMs: 0 },
  });
  const wanting = (number: number, resources: Resources): Task => aTask({ number, spec: { resources } });
  const onGpus = (number: number, resources: Resources, ids: string[]): Task => {
    const claim = { token: `t${number}`, supervisor: "here:1", hostBootId: "boot", claimedAt: at() };
    return claimed(wanting(number, resources), { ...claim, devices: ids });
  };
  const busy = onGpus(90, { gpus: 1 }, ["GPU-0"]);

  test.each([
    ["lets CPU tasks pass, as only GPUs are short", [busy], { gpus: 2, cpus: 8 }, [{ cpus: 7 }], [2]],
    [
      "lets CPU tasks pass, as GPUs are short as well as CPUs",
      [busy, onGpus(91, { cpus: 3 }, [])],
      { gpus: 2, cpus: 8 },
      [{ cpus: 4 }],
      [2],
    ],
    ["keeps the GPU that is free already", [busy], { gpus: 2 }, [{ gpus: 1 }, { vramBytes: 1 }], []],
    [
      "keeps no more GPUs than it wants",
      [onGpus(90, { vramBytes: 50 }, ["GPU-0"]), onGpus(91, { vramBytes: 50 }, ["GPU-1"])],
      { vramBytes: 60 },
      [{ vramBytes: 50 }],
      [2],
    ],
    [
      "keeps CPUs and its GPU once no GPU is short",
      [onGpus(91, { cpus: 3 }, [])],
      { cpus: 6, gpus: 2 },
      [{ cpus: 1 }, { gpus: 1 }],
      [],
    ],
    [
      "keeps memory and CPUs together",
      [onGpus(91, { memoryBytes: 600 }, [])],
      { memoryBytes: 500, cpus: 6 },
      [{ cpus: 2 }, {}],
      [3],
    ],
    ["keeps nothing for what can never start", [], { cpus: 9 }, [{ cpus: 8 }], [2]],
    [
      "keeps nothing for a second one",
      [onGpus(91, { memoryBytes: 600 }, [])],
      { memoryBytes: 500 },
      [{ cpus: 8 }, { cpus: 6 }],
      [3],
    ],
  ] satisfies [string, Task[], Resources, Resources[], number[]][])(
    "%s",
    (_what, active, big, small, started) => {
      const queued = [wanting(1, big), ...small.map((resources, index) => wanting(index + 2, resources))];
      const { actions } = plan(aSnapshot({ machine: MACHINE, active, queued }));
      expect(actions.map(({ task }) => task.metadata.number)).toEqual(started);
    },
  );
});
