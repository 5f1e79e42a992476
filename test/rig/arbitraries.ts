import { type Backoff, JITTERS } from "../../src/model/backoff.ts";
import { FAILURE_CODES } from "../../src/model/failure.ts";
import { makeTaskId } from "../../src/model/identity.ts";
import { retried, stopRequested } from "../../src/model/lifecycle.ts";
import type { Retry } from "../../src/model/retry.ts";
import type { Selector } from "../../src/model/selector.ts";
import { ADMISSIONS, PARENT_ENDS, PARENT_FAILURES, type Spec } from "../../src/model/spec.ts";
import type { Task } from "../../src/model/task.ts";
import { type End, finishAttempt, requeueUnstarted } from "../../src/plan/finish-attempt.ts";
import { fc } from "./fast-check.ts";
import { anEnd, aSpec, aStop, asClaimed, asRunning, aTask, exited, killedBy, LOST, NOW_MS } from "./tasks.ts";

/** Text as users write it: anything but the NUL that no argument can hold. */
export const anyText = fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll("\0", ""));

const anyDuration = fc.integer({ min: 1, max: 1e9 });

export const anyBackoff: fc.Arbitrary<Backoff> = fc
  .record({
    firstMs: anyDuration,
    maxMs: anyDuration,
    factor: fc.double({ min: 1, max: 1e6, noNaN: true }),
    jitter: fc.constantFrom(...JITTERS),
  })
  .map((backoff) => ({ ...backoff, maxMs: Math.max(backoff.firstMs, backoff.maxMs) }));

const anyRetry: fc.Arbitrary<Retry> = fc.record(
  {
    maxAttempts: fc.integer({ min: 0, max: 6 }),
    scope: fc.constantFrom("transient", "any"),
    maxOrphans: fc.integer({ min: 0, max: 3 }),
    onOrphan: fc.constantFrom("requeue", "never"),
    onTimeout: fc.boolean(),
    onCode: fc.boolean(),
    on: fc.subarray(FAILURE_CODES),
    onExit: fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 3 }),
    never: fc.subarray(FAILURE_CODES),
  },
  { requiredKeys: ["maxAttempts", "scope", "maxOrphans", "onOrphan"] },
);

/** Tasks that others may wait for. */
export const PARENTS = [makeTaskId(1, "p"), makeTaskId(2, "q"), makeTaskId(3, "r")];

export const anySpec: fc.Arbitrary<Spec> = fc
  .record(
    {
      priority: fc.integer({ min: 0, max: 1_000 }),
      resources: fc.record(
        {
          cpus: fc.integer({ min: 1, max: 4 }),
          memoryBytes: fc.integer({ min: 1, max: 100 }),
          gpus: fc.integer({ min: 0, max: 2 }),
          vramBytes: fc.integer({ min: 1, max: 50 }),
          gpuModel: fc.constantFrom("a100", "T4"),
          gpuMemoryBytes: fc.integer({ min: 1, max: 80 }),
          gpuIds: fc.constantFrom<string[]>(["0"], ["GPU-1", "2"], ["GPU-"]),
        },
        { requiredKeys: [] },
      ),
      slot: fc.constantFrom("a", "b"),
      admission: fc.constantFrom(...ADMISSIONS),
      unique: fc.constantFrom("k", "l"),
      after: fc.array(
        fc.record({ task: fc.constantFrom(...PARENTS), when: fc.constantFrom(...PARENT_ENDS) }),
        { maxLength: 2 },
      ),
      onParentFailure: fc.constantFrom(...PARENT_FAILURES),
      runnerSelector: fc.constantFrom<Selector[]>(
        [],
        [{ key: "pool", operator: "In", values: ["night"] }],
        [{ key: "pool", operator: "DoesNotExist" }],
      ),
      timeoutMs: anyDuration,
      queueTtlMs: anyDuration,
      restart: fc.oneof(
        fc.constantFrom({ policy: "never" } as const, { policy: "onFailure" } as const),
        fc.integer({ min: 1_000, max: 1e6 }).map((intervalMs) => ({ policy: "always" as const, intervalMs })),
      ),
      retry: anyRetry,
      backoff: anyBackoff,
      stopGraceMs: fc.integer({ min: 0, max: 1e6 }),
      notBefore: fc.integer({ min: -1e6, max: 1e6 }).map((ms) => new Date(NOW_MS + ms).toISOString()),
      hold: fc.boolean(),
      args: fc.array(anyText, { maxLength: 4 }),
    },
    { requiredKeys: ["args"] },
  )
  .map(({ args, ...change }) => {
    const { kind, ...rest } = aSpec(change);
    return { ...rest, kind: { ...kind, mode: { type: "command", command: "/bin/echo", args } } };
  });

/** The ways an attempt can end, each through the rules that the supervisor uses. */
const anyEnd: fc.Arbitrary<End> = fc
  .record({
    ending: fc.oneof(
      fc.integer({ min: 0, max: 255 }).map((code) => exited(code)),
      fc.constantFrom(exited(0, true), exited(0), exited(0), killedBy("SIGKILL"), killedBy("SIGSEGV"), LOST),
      fc
        .constantFrom("INVALID_SPEC", "RUNTIME_ERROR")
        .map((code) => ({ type: "notStarted", code, error: "no" }) as const),
    ),
    stop: fc.oneof(
      { weight: 4, arbitrary: fc.constant(null) },
      {
        weight: 1,
        arbitrary: fc
          .constantFrom("User", "Timeout", "Shutdown", "Requeue")
          .map((reason) => aStop({ reason })),
      },
    ),
    oomKilled: fc.boolean(),
    logTail: anyText,
    logBytes: fc.nat(),
    logBytesCut: fc.nat(),
    endedAtMs: fc.integer({ min: NOW_MS, max: NOW_MS + 1e6 }),
  })
  .map(({ ending, ...found }) => anEnd(ending, found));

interface Life {
  readonly end: End;
  readonly how: "runs" | "never started" | "is open";
  readonly draw: number;
}

const anyLife: fc.Arbitrary<Life> = fc.record({
  end: anyEnd,
  how: fc.constantFrom("runs", "runs", "runs", "never started", "is open"),
  draw: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

/** One attempt more: whatever ended is retried by a person first, whatever cannot be stays as it is. */
function live(task: Task, { end, how, draw }: Life): Task {
  const { state } = task.status;
  if (state === "completed" || task.status.attempts.at(-1)?.state === "running") return task;
  const queued = state === "queued" ? task : retried(task);
  if (how === "never started") {
    const failure = {
      class: "infrastructure",
      code: "STALE_WORKER",
      rule: "never-started",
      error: "gone",
    } as const;
    return requeueUnstarted(asClaimed(queued), failure, { nowMs: NOW_MS, waitMs: 0 });
  }
  const running = asRunning(queued);
  const stopped = end.stop === null ? running : stopRequested(running, end.stop);
  return how === "is open" ? stopped : finishAttempt(stopped, end, () => draw);
}

/** Names in a map; the schema library drops three that JavaScript objects have of their own. */
const anyKey = fc
  .oneof(anyText, fc.constantFrom("team", "a b", "ключ"))
  .filter((key) => key !== "" && !["__proto__", "constructor", "prototype"].includes(key));

/** A task with a life behind it, in any state that the supervisor can leave one in. */
export const anyTask: fc.Arbitrary<Task> = fc
  .record({
    number: fc.integer({ min: 1, max: 999_999_999 }),
    name: fc.stringMatching(/^[A-Za-z][A-Za-z0-9._-]{0,20}$/),
    spec: anySpec,
    labels: fc.dictionary(anyKey, anyText, { maxKeys: 3 }),
    annotations: fc.dictionary(anyKey, anyText, { maxKeys: 3 }),
    lives: fc.array(anyLife, { maxLength: 6 }),
  })
  .map(({ lives, labels, annotations, ...change }) =>
    lives.reduce(live, aTask({ ...change, metadata: { labels, annotations } })),
  );
