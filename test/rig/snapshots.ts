import type { Device } from "../../src/model/device.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { ParentState } from "../../src/model/spec.ts";
import { isActive } from "../../src/model/state.ts";
import { openAttempt, type Task } from "../../src/model/task.ts";
import type { Holding } from "../../src/plan/input.ts";
import type { Snapshot } from "../../src/plan/plan.ts";
import { anyTask, PARENTS } from "./arbitraries.ts";
import { fc } from "./fast-check.ts";
import { aDevice, aMachine } from "./machine.ts";
import { aTask, at, NOW_MS } from "./tasks.ts";

/** Small numbers, so that every limit is met. */
const MEMORY = 100;

const anyForeign = fc.record({
  pid: fc.constant(4_711),
  bytes: fc.option(fc.integer({ min: 0, max: MEMORY })),
});

const anyDevice: fc.Arbitrary<Omit<Device, "id" | "index">> = fc
  .record({
    name: fc.constantFrom("NVIDIA A100", "Tesla T4"),
    memoryBytes: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(40, MEMORY) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    used: fc.option(fc.integer({ min: 0, max: MEMORY })),
    fault: fc.option(fc.constant("fell off the bus"), { freq: 8 }),
    foreign: fc.array(anyForeign, { maxLength: 2, size: "-1" }),
  })
  .map(({ used, memoryBytes, ...found }) => {
    const freeBytes = used === null || memoryBytes === null ? null : Math.max(0, memoryBytes - used);
    const { id: _id, index: _index, ...device } = aDevice(0, { ...found, memoryBytes, freeBytes });
    return device;
  });

const anyDevices: fc.Arbitrary<Device[]> = fc
  .array(anyDevice, { maxLength: 4 })
  .map((found) => found.map((device, index) => ({ ...device, id: `GPU-${index}`, index })));

const anyPolicy: fc.Arbitrary<Partial<Policy>> = fc.record({
  slots: fc.constantFrom({}, { a: 2 }, { a: 3, b: 2 }),
  labels: fc.constantFrom({}, { team: 1 }, { team: 2, "team=a": 1 }),
  backfillMs: fc.constantFrom(0, 1_000, 600_000),
  foreignMaxBytes: fc.constantFrom(0, 10, 50),
});

/** Where a task stands among others; what `anyTask` leaves out. */
const anyTies = fc.record({
  labels: fc.constantFrom({}, { team: "a" }, { team: "b" }),
  batch: fc.constantFrom(undefined, "one", "two"),
  group: fc.constantFrom(
    undefined,
    { name: "sweep", id: 5, index: 1, size: 9, values: {}, maxParallel: 1 },
    { name: "other", id: 7, index: 2, size: 9, values: {}, maxFailures: 2 },
    {
      name: "held",
      id: 8,
      index: 3,
      size: 9,
      values: {},
      maxParallel: 2,
      holdAfter: { failures: 2, withinMs: 1_000 },
    },
  ),
  /** Of the devices, for an active task; and how many bytes its job really takes of each. */
  picks: fc.uniqueArray(fc.nat(3), { maxLength: 2 }),
  taken: fc.option(fc.nat(MEMORY)),
  /** Null for a task with a life of its own; else one that waits for room alone. */
  free: fc.option(
    fc.record({
      priority: fc.constantFrom(0, 0, 1, 2, 900),
      /** In ms since `NOW_MS`; usually, not always, tasks with higher numbers were made later. */
      madeMs: fc.constantFrom(-600_000, -2_000, -1_000, 0, 0),
    }),
    { nil: null },
  ),
});
type Ties = typeof anyTies extends fc.Arbitrary<infer T> ? T : never;

/** A queue with lanes, parents, sweeps and GPUs beside a machine in any state, over-committed ones included. */
export const anySnapshot: fc.Arbitrary<Snapshot> = fc
  .record({
    tasks: fc.uniqueArray(fc.tuple(anyTask, anyTies), {
      selector: ([{ metadata }]) => metadata.number,
      maxLength: 12,
    }),
    devices: anyDevices,
    capacity: fc.record({
      jobs: fc.integer({ min: 0, max: 4 }),
      cpus: fc.integer({ min: 0, max: 8 }),
      memoryBytes: fc.integer({ min: 0, max: 200 }),
    }),
    policy: anyPolicy,
    labels: fc.constantFrom({}, { pool: "night" }),
    settling: fc.array(fc.constantFrom("GPU-0", "GPU-1"), { maxLength: 1 }),
    elsewhere: fc.array(anyHolding(), { maxLength: 1 }),
    isProbed: fc.boolean(),
    parents: fc.subarray<ParentState>(["unfinished", "completed", "failed", "cancelled"], { maxLength: 1 }),
    failed: fc.nat(3),
    nowMs: fc.integer({ min: NOW_MS - 1e6, max: NOW_MS + 2e6 }),
    awakeMs: fc.nat(1e6),
    isClaiming: fc.boolean(),
    mayClaim: fc.constantFrom(null, () => true),
  })
  .map(({ tasks, devices, capacity, policy, labels, settling, elsewhere, isProbed, parents, ...rest }) => {
    const { failed, ...times } = rest;
    const tied = tasks.map(([task, ties]) => withTies(task, ties, devices));
    const active = tied.filter(({ status }) => isActive(status.state));
    const held = tasks.flatMap(([task, { taken }]) => heldBy(task, { active, taken }));
    const live = devices.map((device) => ({
      ...device,
      held: held.filter(({ id }) => id === device.id).map(({ token, bytes }) => ({ token, bytes })),
    }));
    const machine = { devices: live, labels, isProbed, elsewhere, settling: new Set(settling) };
    return {
      ...times,
      queued: tied.filter(({ status }) => status.state === "queued").toSorted(byNumber),
      active,
      machine: aMachine({ ...machine, capacity, policy }),
      parents: new Map(parents.flatMap((state) => PARENTS.map((id) => [id, state]))),
      failedMembers: new Map([[7, failed]]),
      doneKeys: new Map(),
      quickFailures: new Map([[8, PARENTS.slice(0, failed).map((task) => ({ task, endedMs: NOW_MS }))]]),
    };
  });

function byNumber(left: Task, right: Task): number {
  return left.metadata.number - right.metadata.number;
}

function anyHolding(): fc.Arbitrary<Holding> {
  return fc.record({
    device: fc.constantFrom("GPU-0", "GPU-3"),
    token: fc.constant("elsewhere"),
    holder: fc.constant("/another/home"),
    bytes: fc.option(fc.integer({ min: 1, max: MEMORY })),
  });
}

function withTies(task: Task, ties: Ties, devices: readonly Device[]): Task {
  const { labels, batch, group, picks, free } = ties;
  if (free !== null) {
    const { resources } = task.spec;
    const spec = { resources, priority: free.priority };
    const isFree = group?.maxFailures === undefined && group?.holdAfter === undefined;
    const parallel = isFree && group !== undefined ? { group } : {};
    const metadata = { labels, createdAt: at(free.madeMs), ...parallel };
    return aTask({ number: task.metadata.number, spec, metadata });
  }
  const { batch: _batch, group: _group, ...own } = task.metadata;
  const metadata = {
    ...own,
    labels,
    ...(batch !== undefined && { batch }),
    ...(group !== undefined && { group }),
  };
  const open = openAttempt(task);
  const ids = picks.flatMap((pick) => devices[pick]?.id ?? []);
  if (open === null || ids.length === 0) return { ...task, metadata };
  // Tokens are of one task alone.
  const attempt = { ...open, token: `${open.token}-${own.number}`, devices: ids };
  const attempts = [...task.status.attempts.slice(0, -1), attempt];
  return { ...task, metadata, status: { ...task.status, attempts } };
}

function heldBy(
  { metadata }: Task,
  { active, taken }: { active: readonly Task[]; taken: number | null },
): { id: string; token: string; bytes: number | null }[] {
  const found = active.find((one) => one.metadata.number === metadata.number);
  const open = found === undefined ? null : openAttempt(found);
  return (open?.devices ?? []).map((id) => ({ id, token: open?.token ?? "", bytes: taken }));
}
