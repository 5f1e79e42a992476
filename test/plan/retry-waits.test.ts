import { describe, expect, test } from "bun:test";
import type { Backoff } from "../../src/model/backoff.ts";
import type { Ending } from "../../src/model/evidence.ts";
import { FAILURE_CODES, type FailureCode, failureEntry, failureOf } from "../../src/model/failure.ts";
import { DEFAULT_RETRY, type Retry } from "../../src/model/retry.ts";
import type { Task } from "../../src/model/task.ts";
import { decideRetry } from "../../src/plan/retry.ts";
import { anyBackoff } from "../rig/arbitraries.ts";
import { fc } from "../rig/fast-check.ts";
import { after, asRunning, aTask, exited, killedBy, LOST } from "../rig/tasks.ts";

const S = 1_000;
const MIN = 60 * S;
const SLOW: Backoff = { firstMs: 20 * MIN, maxMs: 30 * MIN, factor: 2, jitter: "none" };
const unlimited = { ...DEFAULT_RETRY, maxAttempts: 0, scope: "any" } as const;

interface Wait {
  readonly retry?: Partial<Retry>;
  readonly backoff?: Backoff;
  readonly failures?: number;
  readonly logTail?: string;
  readonly draw?: number;
}

function wait(
  code: FailureCode,
  { retry, backoff, failures = 1, logTail = "", draw = 1 - 2 ** -53 }: Wait = {},
): [baseMs: number, delayMs: number] {
  const task = asRunning(aTask({ spec: { retry: { ...unlimited, ...retry }, ...(backoff && { backoff }) } }));
  const end = { failure: failureOf(code, "r", "e"), exitCode: 1, consecutiveFailures: failures, logTail };
  const decision = decideRetry(task, end, () => draw);
  return decision.retry ? [decision.baseMs, decision.delayMs] : [Number.NaN, Number.NaN];
}

describe("decideRetry() waits", () => {
  test.each([
    ["the task's own way for a failure without one of its class", "EXIT_NONZERO", {}, [S, S]],
    ["longer with each failure in a row", "EXIT_NONZERO", { failures: 4 }, [8 * S, 8 * S]],
    ["no longer than the task's maximum", "EXIT_NONZERO", { failures: 30 }, [30 * S, 30 * S]],
    ["at least as the class wants at first", "KILLED", {}, [5 * S, 5 * S]],
    [
      "up to the maximum of the class, which is over the task's",
      "KILLED",
      { failures: 30 },
      [2 * MIN, 2 * MIN],
    ],
    ["at first as the task wants, where that is longer", "KILLED", { backoff: SLOW }, [20 * MIN, 20 * MIN]],
    ["with the jitter of the class", "GPU_FAULT", { backoff: { ...SLOW, firstMs: S }, draw: 0 }, [30 * S, 1]],
    ["with the equal jitter of its class", "GPU_OOM", { draw: 0 }, [MIN, 30 * S]],
    [
      "as the task says for the code, against table and task",
      "KILLED",
      { retry: { perClass: { KILLED: { backoff: { ...SLOW, firstMs: 7 } } } } },
      [7, 7],
    ],
    [
      "as the task says for the class",
      "NETWORK",
      { retry: { perClass: { infrastructure: { backoff: SLOW } } } },
      [20 * MIN, 20 * MIN],
    ],
    [
      "as the task says for the code before the class",
      "NETWORK",
      {
        retry: {
          perClass: { infrastructure: { backoff: SLOW }, NETWORK: { backoff: { ...SLOW, firstMs: 8 } } },
        },
      },
      [8, 8],
    ],
    [
      "by the table where the task only gives that class attempts",
      "KILLED",
      { retry: { perClass: { KILLED: { maxAttempts: 9 } } } },
      [5 * S, 5 * S],
    ],
  ] satisfies [string, FailureCode, Wait, [number, number]][])("%s", (_what, code, how, waits) => {
    expect(wait(code, how)).toEqual(waits);
  });

  test("at least the first delay of task and class, and at most the larger maximum", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FAILURE_CODES),
        anyBackoff,
        fc.integer({ min: 1, max: 50 }),
        (code, own, failures) => {
          const [baseMs, delayMs] = wait(code, { retry: { on: [code] }, backoff: own, failures });
          const ofClass = failureEntry(code).backoff;
          expect(baseMs).toBeGreaterThanOrEqual(Math.max(own.firstMs, ofClass?.firstMs ?? 0));
          expect(delayMs).toBeLessThanOrEqual(Math.max(own.maxMs, ofClass?.maxMs ?? 0));
          expect(delayMs).toBeGreaterThanOrEqual(1);
        },
      ),
    );
  });
});

describe("decideRetry() and a server's Retry-After", () => {
  const NONE = wait("RATE_LIMITED", { draw: 0 })[1];

  test.each([
    ["HTTP/1.1 429 Too Many Requests\nRetry-After: 120\n", 120 * S],
    ["{'retry-after': '90', 'x': 1}", 90 * S],
    ["Please retry after 20 seconds.", 20 * S],
    ["retry_after=7", NONE],
    ["Retry-After: Wed, 21 Oct 2026 07:28:00 GMT", NONE],
    ["Retry-After: 0", NONE],
    ["Retry-After: 21600", 6 * 60 * MIN],
    ["Retry-After: 21601", NONE],
    ["Retry-After: 99999999", NONE],
    ["nothing of the kind", NONE],
  ])("waits after %j", (logTail, delayMs) => {
    expect(wait("RATE_LIMITED", { logTail, draw: 0 })[1]).toBe(delayMs);
  });

  test("takes the last of several values", () => {
    expect(wait("RATE_LIMITED", { logTail: "Retry-After: 1\nretrying\nRetry-After: 240\n" })[1]).toBe(
      240 * S,
    );
  });

  test("applies only to rate limits", () => {
    expect(wait("NETWORK", { logTail: "Retry-After: 600", draw: 0 })[1]).toBe(1);
  });
});

describe("decideRetry() and the cap of a class", () => {
  const CUDA = { logTail: "RuntimeError: CUDA out of memory" };

  /** The task after so many attempts that ended so, each retried; null where it was set aside before. */
  function chain(retry: Partial<Retry>, ends: readonly ((task: Task) => Task)[]): string {
    let task = aTask({ spec: { retry: { ...unlimited, ...retry } } });
    for (const end of ends) {
      if (task.status.state !== "queued") return "given up too soon";
      task = end(task);
    }
    return task.status.state === "failed" ? task.status.reason : task.status.state;
  }

  const oom = (task: Task): Task => after(task, exited(1), CUDA);
  const killed = (task: Task): Task => after(task, killedBy("SIGKILL"));
  const lost = (task: Task): Task => after(task, LOST);
  const done = (task: Task): Task => after(task, exited(0));
  const always = { restart: { policy: "always", intervalMs: 1_000 } } as const;

  test.each([
    ["the second GPU_OOM", {}, [oom, oom], "Exhausted"],
    ["one GPU_OOM", {}, [oom], "queued"],
    ["a second one after others", {}, [oom, killed, lost, oom], "Exhausted"],
    ["many kills, which have no cap", {}, [killed, killed, killed, killed, killed, killed], "queued"],
    ["a cap of the task's own", { perClass: { KILLED: { maxAttempts: 2 } } }, [killed, killed], "Exhausted"],
    [
      "a cap of the task's own for the class",
      { perClass: { infrastructure: { maxAttempts: 2 } } },
      [killed, killed],
      "Exhausted",
    ],
    ["a cap that the task raises", { perClass: { GPU_OOM: { maxAttempts: 3 } } }, [oom, oom], "queued"],
    [
      "a cap that the task raises, reached",
      { perClass: { GPU_OOM: { maxAttempts: 3 } } },
      [oom, oom, oom],
      "Exhausted",
    ],
    [
      "a cap that the task lifts",
      { perClass: { GPU_OOM: { maxAttempts: 0 } } },
      [oom, oom, oom, oom],
      "queued",
    ],
  ] satisfies [string, Partial<Retry>, ((task: Task) => Task)[], string][])(
    "%s",
    (_what, retry, ends, state) => {
      expect(chain(retry, ends)).toBe(state);
    },
  );

  test("restarts after a success and in a new epoch", () => {
    let task = aTask({ spec: { ...always, retry: unlimited } });
    for (const end of [oom, done, oom]) task = end(task);
    expect(task.status.state).toBe("queued");
    const later = { ...task, metadata: { ...task.metadata, epoch: 2 } };
    expect(oom(later).status.state).toBe("queued");
    expect(oom(task).status).toMatchObject({ state: "failed", reason: "Exhausted" });
  });
});

describe("decideRetry() and missing files", () => {
  const missing: Ending = { type: "notStarted", code: "DATA_UNREACHABLE", error: "no such folder" };
  const ends = (task: Task, count: number, ending: Ending): Task =>
    Array.from({ length: count }).reduce<Task>((before) => after(before, ending), task);

  test("looks again for more than a night, at most every quarter of an hour, without using the budget", () => {
    const looked = ends(aTask({ spec: { retry: { ...DEFAULT_RETRY, maxAttempts: 1 } } }), 60, missing);
    expect(looked.status).toMatchObject({ state: "queued", reason: "Backoff", consecutiveFailures: 0 });
    const waits = looked.status.attempts.map((attempt) =>
      "retry" in attempt ? (attempt.retry?.delayMs ?? 0) : 0,
    );
    expect(waits.slice(0, 3).every((ms, index) => ms <= 30 * S * 2 ** index)).toBeTrue();
    expect(Math.max(...waits)).toBeLessThanOrEqual(15 * MIN);
    expect(waits.reduce((all, ms) => all + ms, 0)).toBeGreaterThan(10 * 60 * MIN);
  });

  test("gives up finally, or after as many looks as the task allows", () => {
    expect(ends(aTask(), 239, missing).status.state).toBe("queued");
    expect(ends(aTask(), 240, missing).status).toMatchObject({ state: "failed", reason: "Exhausted" });
    const retry = { ...DEFAULT_RETRY, perClass: { DATA_UNREACHABLE: { maxAttempts: 2 } } };
    expect(ends(aTask({ spec: { retry } }), 2, missing).status.state).toBe("failed");
  });

  test("does not count looks as failures of the job", () => {
    const ran = ends(ends(aTask(), 50, missing), 2, exited(66));
    expect(ran.status).toMatchObject({ state: "queued", consecutiveFailures: 2 });
    expect(ends(ran, 1, exited(66)).status.state).toBe("failed");
  });
});
