import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { resultsOf } from "../../../src/desk/results/collect.ts";
import type { EndedAttempt } from "../../../src/model/attempt.ts";
import type { Spec } from "../../../src/model/spec.ts";
import type { Task } from "../../../src/model/task.ts";
import { after, asRunning, aTask, exited } from "../../rig/tasks.ts";
import { TempHome } from "../../rig/temp-home.ts";
import { mlflowDatabase, wandbFile, wandbItems } from "../../rig/trackers.ts";

const ACC: Partial<Spec> = { outputSpecs: { acc: { type: "float", goal: "max" } } };

/** A completed task, with what its last attempt has on record. */
function completed(number: number, of: Partial<EndedAttempt>, spec: Partial<Spec> = {}): Task {
  const task = after(aTask({ number, spec }), exited(0));
  const attempts = task.status.attempts.map((attempt) => ({ ...attempt, ...of }));
  return { ...task, status: { ...task.status, attempts } as Task["status"] };
}

describe("an output", () => {
  let home: TempHome;
  const seen = (...tasks: readonly Task[]) => {
    const { rows, outputs, goals } = resultsOf(home.layout, tasks);
    return { rows: rows.map((row) => row.outputs), outputs, goals };
  };
  const put = (task: Task, name: string, content: string | Buffer): void => {
    const folder = home.layout.attempt(task.metadata.id, 1);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  beforeEach(() => {
    home = new TempHome();
  });
  afterEach(async () => {
    await home[Symbol.asyncDispose]();
  });

  test("that a job did not give is filled with the metric of its name, and others are no outputs", () => {
    const tasks = [
      completed(1, { outputs: { acc: 0.9 }, metrics: { acc: 0.1, loss: 1 } }, ACC),
      completed(2, { metrics: { acc: "nan", loss: 2 } }, ACC),
      aTask({ number: 3 }),
    ];
    expect(seen(...tasks)).toEqual({
      rows: [{ acc: { value: 0.9, source: "output" } }, { acc: { value: "nan", source: "metric" } }, {}],
      outputs: ["acc"],
      goals: { acc: "max" },
    });
  });

  test("is any metric where no task gives or declares one", () => {
    const { rows, outputs } = seen(
      completed(1, { metrics: { loss: 1 } }),
      completed(2, { metrics: { acc: 2 } }),
    );
    expect(outputs).toEqual(["loss", "acc"]);
    expect(rows[1]).toEqual({ acc: { value: 2, source: "metric" } });
  });

  test("of a running job is what it has told so far, without texts that may hold a secret", () => {
    const task = asRunning(aTask({ spec: ACC }));
    const lines = [
      { type: "OUTPUT", payload: { model: "hunter2", best: true } },
      { type: "METRIC", name: "acc", value: 0.5 },
    ];
    put(task, "events.ndjson", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    expect(seen(task).rows).toEqual([
      { best: { value: true, source: "output" }, acc: { value: 0.5, source: "metric" } },
    ]);
  });

  test("is looked for in events, then in MLflow, then in W&B's files, and what cannot be read is told", () => {
    const float = { type: "float" } as const;
    const declared: Partial<Spec> = { outputSpecs: { acc: float, loss: float, f1: float, lr: float } };
    const task = completed(1, { metrics: { acc: 1 } }, declared);
    const store = home.layout.mlflowStore;
    mkdirSync(dirname(store), { recursive: true });
    mlflowDatabase(store, [
      { attempt: `${task.metadata.id}/1`, metrics: { acc: 2, "val/loss": 2 } },
      { attempt: `${task.metadata.id}/2`, metrics: { f1: 2 } },
    ]);
    put(task, "run-a.wandb", wandbFile([wandbItems(2, { acc: "3", loss: "3", f1: "3" })]));
    expect(seen(task).rows).toEqual([
      {
        acc: { value: 1, source: "metric" },
        loss: { value: 2, source: "mlflow" },
        f1: { value: 3, source: "wandb" },
      },
    ]);
    writeFileSync(store, "spoilt".repeat(1_000));
    const { rows, notes } = resultsOf(home.layout, [task]);
    expect(rows[0]?.outputs["loss"]).toEqual({ value: 3, source: "wandb" });
    expect(notes).toEqual([expect.stringMatching(/mlflow\.db could not be read: .*not a database/)]);
  });
});
