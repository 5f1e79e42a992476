import { expect, test } from "bun:test";
import { renderStatistics } from "../../../src/cli/text/statistics.ts";
import { NOTHING_LEFT } from "../../../src/desk/queue-estimate.ts";

const SPREAD = { count: 2, p50Ms: 192_000, p95Ms: 3_600_000, maxMs: 7_200_000 };
const STATS = {
  states: { queued: 1, completed: 2 },
  oldestQueuedMs: 61_000,
  attempts: { completed: 2 },
  failures: { "code/EXIT_NONZERO": 1 },
  retries: 0,
  orphans: 0,
  successRate: 0.9999,
  ran: SPREAD,
  waited: null,
  gpuHours: { total: 1.2345, byLabel: { "paper=fig3": 1 } },
};

test("renderStatistics() shows what there is, with the base of the estimate", () => {
  const nowMs = new Date(2026, 10, 30, 3, 0).getTime();
  const emptyQueue = {
    emptyInMs: 600_000,
    tasks: 1,
    held: 2,
    blocked: 3,
    parallel: 1,
    basis: 2,
    eachMs: 600_000,
    isScheduled: false,
  };
  expect(renderStatistics({ ...STATS, emptyQueue, noEstimate: null }, { columns: 60, nowMs })).toBe(`tasks
  queued         1
  completed      2
  oldest queued  1m 1s
  success rate   99.9 % of tasks that completed or failed

attempts
  completed  2

failed attempts
  job/EXIT_NONZERO  1

time       P50     P95  MAX  OF
  running  3m 12s  1h   2h   2 completed tasks

GPU-hours
  total       1.23
  paper=fig3  1

queue
  empty in about 10m: 1 task, 1 at a time, 10m each on
  average, not counting 2 held tasks and 3 tasks that cannot
  start
`);
  const scheduled = { ...emptyQueue, isScheduled: true, held: 0, blocked: 0 };
  expect(
    renderStatistics({ ...STATS, emptyQueue: scheduled, noEstimate: null }, { columns: 80, nowMs }),
  ).toEndWith("\n  empty at about 03:10, once the last scheduled task has run\n");
});

test("renderStatistics() of an empty home", () => {
  const none = {
    ...STATS,
    states: {},
    attempts: {},
    failures: {},
    oldestQueuedMs: null,
    successRate: null,
    ran: null,
  };
  const empty = { ...none, gpuHours: { total: 0, byLabel: {} }, ...NOTHING_LEFT };
  expect(renderStatistics(empty, { columns: 80, nowMs: 0 })).toBe("no tasks\n");
});

test.each([
  [12 / 17, "70.6 %"],
  [0.99999, "99.9 %"],
  [1, "100 %"],
  [0.00001, "0.1 %"],
  [0, "0 %"],
])("a success rate of %d is shown as %s", (successRate, shown) => {
  const stats = { ...STATS, successRate, emptyQueue: null, noEstimate: null };
  expect(renderStatistics(stats, { columns: 60, nowMs: 0 })).toContain(`success rate   ${shown} of tasks`);
});
