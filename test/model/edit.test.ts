import { describe, expect, test } from "bun:test";
import { edited } from "../../src/model/edit.ts";
import { makeTaskId } from "../../src/model/identity.ts";
import type { Spec } from "../../src/model/spec.ts";
import { isActive, STATES } from "../../src/model/state.ts";
import { errorOf, valueOf } from "../rig/results.ts";
import { aSpec, at, taskIn } from "../rig/tasks.ts";

const ACTIVE = STATES.filter(isActive);

/** One change of every field of a spec. */
const CHANGES: Readonly<Record<keyof Spec, Partial<Spec>>> = {
  kind: { kind: { ...aSpec().kind, cwd: "/tmp" } },
  priority: { priority: 9 },
  resources: { resources: { cpus: 2 } },
  timeoutMs: { timeoutMs: 50_000 },
  queueTtlMs: { queueTtlMs: 5 },
  restart: { restart: { policy: "never" } },
  retry: { retry: { ...aSpec().retry, maxAttempts: 9 } },
  backoff: { backoff: { ...aSpec().backoff, factor: 3 } },
  stop: { stop: { first: "group" } },
  stopGraceMs: { stopGraceMs: 1 },
  logs: { logs: { ...aSpec().logs, separate: true } },
  notBefore: { notBefore: at(5) },
  hold: { hold: true },
  artifacts: { artifacts: { paths: ["*.pt"], keep: "always" } },
  limits: { limits: { pids: 9 } },
  slot: { slot: "a" },
  admission: { admission: "replace" },
  unique: { unique: "k" },
  key: { key: "sum/kl/seed1" },
  rerun: { rerun: true },
  reuse: { reuse: true },
  after: { after: [{ task: makeTaskId(9, "parent"), when: "success" }] },
  onParentFailure: { onParentFailure: "cancel" },
  on: { on: { failure: [{ type: "command", argv: ["true"] }] } },
  slurm: { slurm: { tasks: 2 } },
  snapshot: { snapshot: "2026-05" },
  preflight: { preflight: [{ type: "port", port: 8_080 }] },
  provenance: { provenance: "bestEffort" },
  datasets: { datasets: { digits: { path: "/data/digits.npz" } } },
  inputs: { inputs: { lr: 0.1 } },
  inputSpecs: { inputSpecs: { lr: { type: "float" } } },
  templates: { templates: { run: "a ${{ inputs.lr }}" } },
  outputSpecs: { outputSpecs: { acc: { type: "float" } } },
  fail: { fail: { acc: ["nan"] } },
  topic: { topic: "vision" },
  tracking: { tracking: { tensorboard: { mode: "local" } } },
  attributes: { attributes: { team: "x" } },
  code: { code: { mode: "none" } },
  service: { service: { ports: { main: 0 } } },
  runnerSelector: { runnerSelector: [{ key: "pool", operator: "Exists" }] },
};
const fields = Object.keys(CHANGES) as (keyof Spec)[];
const BOUND = fields.filter((field) => field !== "priority" && field !== "timeoutMs");

const anEdit = { generation: 2, keys: expect.any(Array) };

describe("edited()", () => {
  test.each(fields)("changes %s of a queued task, as a new generation", (field) => {
    const task = taskIn("queued");
    const spec = aSpec(CHANGES[field]);
    const next = valueOf(edited(task, { spec, labels: {} }));
    expect(next).toEqual({ ...task, spec, metadata: { ...task.metadata, generation: 2, edits: [anEdit] } });
  });

  test.each(ACTIVE)("changes priority, labels and a longer timeout while %s", (state) => {
    const task = taskIn(state, { spec: { timeoutMs: 40_000 } });
    const spec = { ...task.spec, priority: 9, timeoutMs: 50_000 };
    const next = valueOf(edited(task, { spec, labels: { team: "a" } }));
    expect(next).toEqual({
      ...task,
      spec,
      metadata: { ...task.metadata, generation: 2, edits: [anEdit], labels: { team: "a" } },
    });
  });

  test.each(ACTIVE.flatMap((state) => BOUND.map((field) => [field, state] as const)))(
    "refuses to change %s while %s, naming it",
    (field, state) => {
      const task = taskIn(state);
      const problem = errorOf(edited(task, { spec: aSpec(CHANGES[field]), labels: {} }));
      expect(problem.code).toBe("INVALID_TRANSITION");
      // The kind is not a key of a task file.
      const named = field === "kind" ? "the command, its folder or its environment" : `"${field}"`;
      expect(problem.message).toContain(`${named} of a ${state} task`);
    },
  );

  test.each([
    ["a shorter timeout", 40_000, 39_999, false],
    ["a timeout where there was none", undefined, 1e9, false],
    ["the same timeout", 40_000, 40_000, true],
    ["no timeout any more", 40_000, undefined, true],
  ])("of a running task takes %s or not", (_what, before, wanted, isTaken) => {
    const { timeoutMs: _none, ...untimed } = taskIn("running").spec;
    const timed = (timeoutMs: number | undefined): Spec =>
      timeoutMs === undefined ? untimed : { ...untimed, timeoutMs };
    const task = { ...taskIn("running"), spec: timed(before) };
    expect(edited(task, { spec: timed(wanted), labels: {} }).ok).toBe(isTaken);
  });

  test.each(["failed", "cancelled"] as const)(
    "changes everything of a task that is %s, before its retry",
    (state) => {
      const task = taskIn(state);
      const spec = fields.reduce((changed, field) => ({ ...changed, ...CHANGES[field] }), aSpec());
      const next = valueOf(edited(task, { spec, labels: {} }));
      expect(next).toEqual({ ...task, spec, metadata: { ...task.metadata, generation: 2, edits: [anEdit] } });
    },
  );

  test("refuses a completed task, which is final", () => {
    const task = taskIn("completed");
    const problem = errorOf(edited(task, { spec: task.spec, labels: {} }));
    expect(problem.code).toBe("TASK_LOCKED");
    expect(problem.hint).toContain("stint submit --from 1");
  });

  test("counts a new generation only where the spec changed", () => {
    const task = taskIn("queued");
    const next = valueOf(edited(task, { spec: aSpec(), labels: { team: "a" } }));
    expect(next.metadata).toEqual({ ...task.metadata, labels: { team: "a" } });
  });

  test("leaves the version to the writer", () => {
    const task = taskIn("queued");
    expect(valueOf(edited(task, { spec: aSpec({ priority: 1 }), labels: {} })).metadata.resourceVersion).toBe(
      1,
    );
  });

  const templates = { run: "train ${{ inputs.lr }}" };
  const running = (body: string, lr: number, of: Spec["templates"] = templates): Spec => ({
    ...aSpec({ kind: { ...aSpec().kind, mode: { type: "command", command: body, args: [] } } }),
    inputs: { lr },
    ...(of !== undefined && { templates: of }),
  });

  test.each([
    ["an input, which fills the program", running("train 2", 2), ["inputs.lr"]],
    ["the program", running("other", 1, {}), ["run"]],
    ["an input and the program", running("other", 2, {}), ["inputs.lr", "run"]],
    ["another key", { ...running("train 1", 1), priority: 9 }, ["priority"]],
  ])("keeps on record that a user changed %s", (_what, spec, keys) => {
    const task = taskIn("failed", { spec: running("train 1", 1) });
    const next = valueOf(edited(task, { spec, labels: {} }));
    expect(next.metadata.edits).toEqual([{ generation: 2, keys }]);
  });
});
