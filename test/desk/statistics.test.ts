import { describe, expect, test } from "bun:test";
import { NOTHING_LEFT, Paces } from "../../src/desk/queue-estimate.ts";
import { type Statistics, statisticsOf } from "../../src/desk/statistics.ts";
import type { Owner } from "../../src/model/owner.ts";
import type { Task } from "../../src/model/task.ts";
import { after, asRunning, aTask, at, exited, NOW_MS, type TaskChange, taskIn } from "../rig/tasks.ts";

const HOUR_MS = 3_600_000;

/** A task that was submitted so long before its start, and ran for so long. */
function ran(
  number: number,
  {
    ranMs = 5_000,
    waitedMs = 0,
    exitCode = 0,
    ...change
  }: TaskChange & { ranMs?: number; waitedMs?: number; exitCode?: number } = {},
): Task {
  const metadata = { createdAt: at(-waitedMs), ...change.metadata };
  return after(aTask({ number, name: "train", ...change, metadata }), exited(exitCode), {
    endedAtMs: NOW_MS + ranMs,
  });
}

const statistics = (tasks: readonly Task[], sinceMs: number | null = null): Statistics =>
  statisticsOf(tasks, { nowMs: NOW_MS + HOUR_MS, sinceMs, onCompleted: () => {} });

describe("statisticsOf()", () => {
  test("tells percentiles of running and waiting times", () => {
    const tasks = Array.from({ length: 100 }, (_, index) =>
      ran(index + 1, { ranMs: (index + 1) * 1_000, waitedMs: (100 - index) * 10 }),
    );
    const { ran: running, waited } = statistics([...tasks, ran(101, { ranMs: HOUR_MS, exitCode: 1 })]);
    expect(running).toEqual({ count: 100, p50Ms: 50_000, p95Ms: 95_000, maxMs: 100_000 });
    expect(waited).toEqual({ count: 101, p50Ms: 500, p95Ms: 950, maxMs: 1_000 });
  });

  test("counts no wait that the user asked for", () => {
    const spec = { notBefore: at(-500) };
    expect(statistics([ran(1, { waitedMs: HOUR_MS, spec })]).waited?.maxMs).toBe(500);
  });

  test("tells which share of tasks succeeded; a cancelled one did neither", () => {
    expect(
      statistics([ran(1), ran(2), ran(3, { exitCode: 1 }), taskIn("cancelled")]).successRate,
    ).toBeCloseTo(2 / 3);
    expect(statistics([taskIn("cancelled"), aTask({})]).successRate).toBeNull();
    expect(statistics([])).toMatchObject({
      successRate: null,
      ran: null,
      waited: null,
      oldestQueuedMs: null,
    });
  });

  test("adds up GPU-hours by label, the most first", () => {
    const onGpus = (number: number, gpus: number, labels: Record<string, string>): Task =>
      ran(number, { ranMs: HOUR_MS, spec: { resources: { gpus } }, metadata: { labels } });
    const tasks = [
      onGpus(1, 1, { paper: "b" }),
      onGpus(2, 4, { paper: "a", who: "ada" }),
      onGpus(3, 2, {}),
      ran(4),
    ];
    const { gpuHours } = statistics(tasks);
    expect(gpuHours).toEqual({ total: 7, byLabel: { "paper=a": 4, "who=ada": 4, "paper=b": 1 } });
    expect(Object.keys(gpuHours.byLabel)).toEqual(["paper=a", "who=ada", "paper=b"]);
  });

  test("leaves out what ended before, and nothing unfinished", () => {
    const tasks = [
      ran(1, { ranMs: 1_000 }),
      ran(2, { ranMs: 9_000 }),
      aTask({ number: 3 }),
      asRunning(aTask({ number: 4 })),
    ];
    const { states, ran: running } = statistics(tasks, NOW_MS + 5_000);
    expect(states).toMatchObject({ completed: 1, queued: 1, running: 1 });
    expect(running?.maxMs).toBe(9_000);
  });
});

describe("an estimate of when the queue is empty", () => {
  const owner = { capacity: { jobs: 4, cpus: 8, memoryBytes: 1 } } as Owner;
  const estimate = (
    {
      active = [],
      queued = [],
      isSupervised = true,
      isPaused = false,
      never = [],
    }: {
      active?: readonly Task[];
      queued?: readonly Task[];
      isSupervised?: boolean;
      isPaused?: boolean;
      never?: readonly Task[];
    },
    completed: readonly (readonly [task: Task, ranMs: number])[],
  ) => {
    const paces = new Paces({ active, queued, owner, isSupervised });
    for (const [task, ranMs] of completed) paces.add(task, ranMs);
    return paces.estimate({
      nowMs: NOW_MS,
      isPaused,
      never: new Set(never.map(({ metadata }) => metadata.id)),
    });
  };
  const like = (name: string, count: number, ranMs: number) =>
    Array.from({ length: count }, () => [aTask({ name }), ranMs] as const);
  const waiting = (number: number, change: TaskChange = {}): Task =>
    aTask({ number, name: "train", ...change });

  test("divides the mean times of tasks with the same name by the jobs that run now", () => {
    const active = [1, 2].map((number) => asRunning(waiting(number)));
    const queued = [waiting(3), waiting(4), waiting(5, { spec: { hold: true } })];
    expect(
      estimate({ active, queued }, [...like("train", 2, 10_000), ...like("other", 9, 1)]).emptyQueue,
    ).toEqual({
      emptyInMs: 20_000,
      tasks: 4,
      held: 1,
      blocked: 0,
      parallel: 2,
      basis: 2,
      eachMs: 10_000,
      isScheduled: false,
    });
  });

  test("is not shorter than one task, nor than a time before which it may not start", () => {
    expect(estimate({ queued: [waiting(1)] }, like("train", 1, 10_000)).emptyQueue?.emptyInMs).toBe(10_000);
    const later = waiting(1, { spec: { notBefore: at(60_000) } });
    expect(estimate({ queued: [later] }, like("train", 1, 10_000)).emptyQueue).toMatchObject({
      emptyInMs: 70_000,
      isScheduled: true,
    });
  });

  test("leaves out tasks that cannot start", () => {
    const [able, blocked] = [waiting(1), waiting(2)];
    const base = like("train", 1, 10_000);
    expect(estimate({ queued: [able, blocked], never: [blocked] }, base).emptyQueue).toMatchObject({
      emptyInMs: 10_000,
      tasks: 1,
      held: 0,
      blocked: 1,
    });
    expect(estimate({ queued: [blocked], never: [blocked] }, base).noEstimate).toContain("cannot start");
  });

  test("takes members of a sweep for alike, and all tasks where there are enough", () => {
    const member = (index: number) =>
      aTask({
        number: index,
        name: `s-${index}`,
        metadata: { group: { id: 1, name: "s", index, size: 9, values: {} } },
      });
    expect(estimate({ queued: [member(2)] }, [[member(1), 7_000]]).emptyQueue?.emptyInMs).toBe(7_000);
    expect(estimate({ queued: [waiting(1)] }, like("other", 5, 3_000)).emptyQueue?.emptyInMs).toBe(3_000);
  });

  test("is not made without a base, and says why", () => {
    expect(estimate({}, [])).toEqual(NOTHING_LEFT);
    expect(estimate({ queued: [waiting(1, { spec: { hold: true } })] }, [])).toEqual(NOTHING_LEFT);
    expect(estimate({ queued: [waiting(1)], isSupervised: false }, like("train", 9, 1)).noEstimate).toBe(
      "no supervisor is running",
    );
    expect(estimate({ queued: [waiting(1)], isPaused: true }, like("train", 9, 1)).noEstimate).toBe(
      "the queue is paused",
    );
    expect(estimate({ queued: [waiting(1)] }, like("other", 4, 1)).noEstimate).toContain("too few tasks");
  });
});
