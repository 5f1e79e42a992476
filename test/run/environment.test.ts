import { describe, expect, test } from "bun:test";
import { DEFAULT_BACKOFF } from "../../src/model/backoff.ts";
import { failureOf } from "../../src/model/failure.ts";
import { makeTaskId } from "../../src/model/identity.ts";
import type { EnvironmentPolicy } from "../../src/model/kind.ts";
import { claimed, withEndedAttempt } from "../../src/model/lifecycle.ts";
import { DEFAULT_RESTART, DEFAULT_RETRY } from "../../src/model/retry.ts";
import { accepted } from "../../src/model/submission.ts";
import { openAttempt, type Task } from "../../src/model/task.ts";
import { jobEnvironment, PLAIN_PATH, runnerVariables } from "../../src/run/environment.ts";
import { fc } from "../rig/fast-check.ts";
import { kindOf, shell } from "./rig.ts";

// Few names, so that the layers meet; and those that an object literal would trip over.
const name = fc.constantFrom(
  "A",
  "B",
  "C",
  "PATH",
  "STINT_TOKEN",
  "BUN_OPTIONS",
  "BUN_BE_BUN",
  "BUNNY",
  "__proto__",
  "constructor",
);
const variables = fc.array(fc.tuple(name, fc.string())).map((entries) => Object.fromEntries(entries));
const policy: fc.Arbitrary<EnvironmentPolicy> = fc.oneof(
  fc.constant({ policy: "inherit" } as const),
  fc.record({ policy: fc.constant("allowlist" as const), names: fc.array(name) }),
  fc.constant({ policy: "clear" } as const),
);
const layers = fc.record({ policy, captured: variables, task: variables, runner: variables });

describe("jobEnvironment()", () => {
  test("has for each name the value of the highest layer that sets it, and nothing else", () => {
    fc.assert(
      fc.property(layers, (given) => {
        const { environment } = jobEnvironment(given);
        const { policy: base, captured, task, runner } = given;
        const isTaken = (key: string) =>
          base.policy === "inherit" || (base.policy === "allowlist" && base.names.includes(key));
        const expected = (key: string): string | undefined => {
          if (key.startsWith("BUN_")) return undefined;
          if (Object.hasOwn(runner, key)) return runner[key];
          if (Object.hasOwn(task, key)) return task[key];
          if (base.policy === "clear") return key === "PATH" ? PLAIN_PATH : undefined;
          return isTaken(key) && Object.hasOwn(captured, key) ? captured[key] : undefined;
        };
        const keys = new Set([
          ...Object.keys(captured),
          ...Object.keys(task),
          ...Object.keys(runner),
          "PATH",
        ]);
        const wanted = [...keys].flatMap((key) =>
          expected(key) === undefined ? [] : [[key, expected(key) ?? ""] as const],
        );
        expect(new Map(Object.entries(environment))).toEqual(new Map(wanted));
      }),
    );
  });

  test("names the variables of the task that are ignored", () => {
    fc.assert(
      fc.property(layers, (given) => {
        const { shadowed } = jobEnvironment(given);
        expect(shadowed).toEqual(
          Object.keys(given.task).filter((key) => Object.keys(given.runner).includes(key)),
        );
      }),
    );
  });

  test.each([
    [{ policy: "inherit" }, { HOME: "/h", SECRET: "s", A: "task" }],
    [
      { policy: "allowlist", names: ["HOME", "UNSET", "BUN_X"] },
      { HOME: "/h", A: "task" },
    ],
    [{ policy: "clear" }, { PATH: PLAIN_PATH, A: "task" }],
  ] as const)("starts from %j", (chosen, environment) => {
    const captured = { HOME: "/h", SECRET: "s", A: "captured", BUN_X: "1" };
    expect(
      jobEnvironment({ policy: chosen as EnvironmentPolicy, captured, task: { A: "task" }, runner: {} }),
    ).toEqual({ environment, shadowed: [], unset: [] });
  });

  test("expands the values of the task that say so, from all layers but these values themselves", () => {
    const { environment, unset } = jobEnvironment({
      policy: { policy: "allowlist", names: ["HOME"] },
      captured: { HOME: "/h", HIDDEN: "x" },
      sources: { DB: "of a file" },
      task: { A: "${HOME}/${DB}/${STINT_RUN_DIR}", B: "${A}${HIDDEN}", C: "${HOME}" },
      expands: ["A", "B", "GONE"],
      runner: { STINT_RUN_DIR: "/run", C: "of stint" },
    });
    expect(environment).toMatchObject({ A: "/h/of a file//run", C: "of stint" });
    expect(unset).toEqual([
      { name: "B", needed: "A" },
      { name: "B", needed: "HIDDEN" },
    ]);
  });
});

describe("runnerVariables()", () => {
  const claim = { supervisor: "s", hostBootId: "b", claimedAt: "2026-01-01T00:00:00.000Z" };
  const queued = accepted(
    {
      name: "train",
      labels: {},
      annotations: {},
      spec: {
        kind: kindOf(shell(":"), { cwd: "/somewhere" }),
        priority: 0,
        resources: {},
        restart: DEFAULT_RESTART,
        retry: { ...DEFAULT_RETRY, maxAttempts: 7 },
        backoff: DEFAULT_BACKOFF,
        stopGraceMs: 1,
        logs: { separate: false, maxBytes: 1e6 },
        hold: false,
      },
    },
    {
      id: makeTaskId(12, "train"),
      number: 12,
      uid: "u",
      at: claim.claimedAt,
      createdBy: "me",
      source: "cli",
    },
  );
  const directories = { run: "/home/runs/x/1", checkpoint: "/home/runs/x/checkpoint", work: "/somewhere" };

  function failedOnce(task: Task, checkpoint?: { path: string; step: number }): Task {
    const open = openAttempt(task);
    if (open === null) throw new Error("no open attempt");
    const failure = failureOf("GPU_OOM", "log:gpu-oom", "x");
    const ended = {
      ...open,
      state: "failed" as const,
      finishedAt: claim.claimedAt,
      durationMs: 1,
      exitCode: 1,
      signal: null,
      failure,
      ...(checkpoint !== undefined && { checkpoint }),
    };
    const closed = withEndedAttempt(task, ended);
    return { ...closed, status: { ...closed.status, state: "queued" } as Task["status"] };
  }

  test("describes the first attempt", () => {
    expect(runnerVariables(claimed(queued, { ...claim, token: "t1" }), directories)).toEqual({
      STINT_TASK_ID: "000012-train",
      STINT_TASK_NAME: "train",
      STINT_ATTEMPT: "1",
      STINT_MAX_ATTEMPTS: "7",
      STINT_RUN_DIR: "/home/runs/x/1",
      STINT_ARTIFACTS_DIR: "/home/runs/x/1/artifacts",
      STINT_CHECKPOINT_DIR: "/home/runs/x/checkpoint",
      STINT_CHECKPOINT: "",
      STINT_CHECKPOINT_STEP: "",
      STINT_EVENTS: "/home/runs/x/1/events.ndjson",
      STINT_PREVIOUS_FAILURE: "",
      STINT_TOKEN: "t1",
      PWD: "/somewhere",
    });
  });

  test("tells the second attempt why the first one failed", () => {
    const second = claimed(failedOnce(claimed(queued, { ...claim, token: "t1" })), { ...claim, token: "t2" });
    expect(runnerVariables(second, directories)).toMatchObject({
      STINT_ATTEMPT: "2",
      STINT_PREVIOUS_FAILURE: "GPU_OOM",
      STINT_TOKEN: "t2",
    });
  });

  test("gives an attempt what an earlier one saved last, also after one that saved nothing", () => {
    const saved = failedOnce(claimed(queued, { ...claim, token: "t1" }), { path: "/c/7.pt", step: 7 });
    const third = claimed(failedOnce(claimed(saved, { ...claim, token: "t2" })), { ...claim, token: "t3" });
    expect(runnerVariables(third, directories)).toMatchObject({
      STINT_CHECKPOINT: "/c/7.pt",
      STINT_CHECKPOINT_STEP: "7",
    });
  });

  test("gives a member of a sweep its values, with names that a shell accepts", () => {
    const values = { lr: "0.10", "learning rate": "a b", größe: "x" };
    const group = { id: 10, name: "train", index: 3, size: 7, values };
    const member = { ...queued, metadata: { ...queued.metadata, group } };
    expect(runnerVariables(claimed(member, { ...claim, token: "t1" }), directories)).toMatchObject({
      STINT_SWEEP_INDEX: "3",
      STINT_SWEEP_SIZE: "7",
      STINT_VALUE_LR: "0.10",
      STINT_VALUE_LEARNING_RATE: "a b",
      STINT_VALUE_GR_E: "x",
    });
  });

  test("throw without an open attempt", () => {
    expect(() => runnerVariables(queued, directories)).toThrow("has no open attempt");
  });
});
