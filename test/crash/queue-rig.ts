import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { tasksOf } from "../../src/daemon/admit/accept.ts";
import { Publisher } from "../../src/daemon/admit/publish.ts";
import { operate } from "../../src/daemon/requests/operations.ts";
import type { Supervisor } from "../../src/daemon/supervisor.ts";
import { timestamp } from "../../src/lib/clock.ts";
import { claimed, started } from "../../src/model/lifecycle.ts";
import type { Answer, Operation } from "../../src/model/request.ts";
import { directoryOf, PLACES } from "../../src/model/state.ts";
import { openAttempt, type Task } from "../../src/model/task.ts";
import { finishAttempt } from "../../src/plan/finish-attempt.ts";
import { commitBatch, newBatch } from "../../src/store/batch.ts";
import { readTasks } from "../../src/store/reader.ts";
import { recover } from "../../src/store/recover.ts";
import { fakeClock } from "../rig/clock.ts";
import { cutShort } from "../rig/crash.ts";
import { holderOf } from "../rig/holder.ts";
import { aDraft, anEnd, at, exited, half, killedBy } from "../rig/tasks.ts";
import type { TempHome } from "../rig/temp-home.ts";
import { type ModelTask, newTask, type Step, stepped } from "./queue-model.ts";

/** Where a death in the middle of a commit is tried. */
export const POINTS = [
  "commit:taken",
  "replace:staged",
  "replace:renamed",
  "commit:audited",
  "commit:moved",
  "commit:synced",
];

/** The queue on a real disk, with the model of it beside it. */
export class Rig {
  readonly home: TempHome;
  readonly clock = fakeClock();
  readonly model = new Map<number, ModelTask>();
  #numbers = 0;
  readonly #batches: number[][] = [];
  #supervisor: Supervisor;

  constructor(home: TempHome) {
    this.home = home;
    this.#supervisor = this.#begin();
  }

  /** What a start does, without the lock: there is one process. */
  #begin(): Supervisor {
    const supervisor = holderOf(this.home.layout, this.clock);
    for (const task of recover(this.home.layout, this.clock.now()).tasks) supervisor.queue.upsert(task);
    return supervisor;
  }

  restart(): void {
    this.#supervisor[Symbol.dispose]();
    this.#supervisor = this.#begin();
  }

  close(): void {
    this.#supervisor[Symbol.dispose]();
  }

  submit(count: number): void {
    const drafts = Array.from({ length: count }, () => aDraft());
    const options = {
      clock: this.clock,
      createdBy: "ada",
      source: "cli",
      batch: newBatch(),
      parents: () => [],
    } as const;
    const submitted = tasksOf(this.home.layout, drafts, options);
    commitBatch(this.home.layout, options.batch, { tasks: submitted });
    if (submitted.length > 1) this.#batches.push(submitted.map(({ metadata }) => metadata.number));
    for (const { metadata } of submitted) {
      expect(metadata.number).toBeGreaterThan(this.#numbers);
      this.#numbers = metadata.number;
      this.model.set(metadata.number, newTask(metadata.number));
    }
    new Publisher(this.#supervisor).runSlice();
  }

  /** What was queued together stays together until all of it has ended. */
  #isOfUnendedBatch(number: number): boolean {
    const members = this.#batches.find((numbers) => numbers.includes(number)) ?? [];
    return members.some((member) => {
      const state = this.model.get(member)?.state;
      return state !== undefined && !["completed", "cancelled", "failed"].includes(state);
    });
  }

  clean(deadLetter: boolean): void {
    this.#operate({ verb: "clean", olderThanMs: 0, deadLetter, dryRun: false });
    for (const [number, { state }] of this.model) {
      const isOver = state === "completed" || state === "cancelled" || (deadLetter && state === "failed");
      if (isOver && !this.#isOfUnendedBatch(number)) this.model.delete(number);
    }
  }

  /** Does a step to the nth task; with a point to die at, either nothing or all of it has happened after a restart. */
  step(nth: number, step: Step, dieAt: string | null): void {
    const before = [...this.model.values()][nth % Math.max(1, this.model.size)];
    if (before === undefined) return;
    const after = stepped(before, step);
    if (after === null || dieAt === null) {
      this.#do(before.number, step, after !== null);
      if (after !== null) this.model.set(before.number, after);
      return;
    }
    // A step that does not pass the point is simply done.
    let isDone = false;
    try {
      cutShort(dieAt, () => {
        this.#do(before.number, step, true);
        isDone = true;
      });
    } catch (error) {
      if (!isDone) throw error;
    }
    this.restart();
    const version = this.actual().find(({ number }) => number === before.number)?.version;
    expect([before.version, after.version]).toContain(version ?? -1);
    if (version === after.version || isDone) this.model.set(before.number, after);
  }

  #operate(operation: Operation): Answer[] {
    const wishedAt = timestamp(this.#supervisor.context.clock.now());
    return operate(this.#supervisor, { operation, actor: "ada", at: wishedAt });
  }

  #do(number: number, step: Step, isAllowed: boolean): void {
    const task = this.#taskOf(number);
    const changed = this.#changed(task, step);
    if (changed === "by operation") {
      const { id, uid, epoch } = task.metadata;
      const targets = [{ id, uid, epoch }];
      const [answer] = this.#operate(operationOf(task, step, targets));
      expect([step.type, answer?.problem === undefined]).toEqual([step.type, isAllowed]);
    } else if (isAllowed)
      this.#supervisor.committer.commit([{ before: task, after: changed(), actor: "ada" }]);
  }

  #changed(task: Task, step: Step): "by operation" | (() => Task) {
    switch (step.type) {
      case "claim":
        return () =>
          claimed(task, {
            token: `t${task.status.attempt}`,
            supervisor: "here:1",
            hostBootId: "boot",
            claimedAt: at(),
          });
      case "start":
        return () =>
          started(task, { process: { pid: 4_242, startTime: "7" }, startedAt: at(), startedAwakeMs: 1_000 });
      case "end": {
        const ending = { success: exited(0), failure: exited(3), killed: killedBy("SIGKILL") }[step.how];
        const end = anEnd(ending, { stop: openAttempt(task)?.stop ?? null, endedAtMs: this.clock.now() });
        return () => finishAttempt(task, end, half);
      }
      case "cancel":
      case "retry":
      case "hold":
      case "release":
      case "set":
        return "by operation";
    }
  }

  #taskOf(number: number): Task {
    const task = readTasks(this.home.layout, PLACES).find(({ metadata }) => metadata.number === number);
    if (task === undefined) throw new Error(`task ${number} is lost`);
    return task;
  }

  /** The disk in the words of the model. */
  actual(): Pick<ModelTask, (typeof COMPARED)[number]>[] {
    const tasks = readTasks(this.home.layout, PLACES);
    return tasks
      .map(({ metadata, spec, status }) => {
        expect(existsSync(this.home.layout.record(directoryOf(status.state), metadata.id))).toBeTrue();
        expect(status.attempts.map(({ number }) => number)).toEqual(
          status.attempts.map((_, index) => index + 1),
        );
        const { number, epoch, resourceVersion: version, generation } = metadata;
        const state = status.state as ModelTask["state"];
        const isWaiting = "retryAt" in status && status.retryAt !== undefined;
        return {
          number,
          state,
          attempts: status.attempts.length,
          epoch,
          version,
          generation,
          hold: spec.hold,
          priority: spec.priority,
          isWaiting,
        };
      })
      .toSorted((left, right) => left.number - right.number);
  }

  check(): void {
    const wanted = [...this.model.values()].map((task) =>
      Object.fromEntries(COMPARED.map((key) => [key, task[key]])),
    );
    const actual: unknown = this.actual();
    expect(actual).toEqual(wanted);
  }
}

const COMPARED = [
  "number",
  "state",
  "attempts",
  "epoch",
  "version",
  "generation",
  "hold",
  "priority",
  "isWaiting",
] as const;

function operationOf(
  task: Task,
  step: Step,
  targets: { id: Task["metadata"]["id"]; uid: string; epoch: number }[],
): Operation {
  if (step.type === "cancel") return { verb: "cancel", targets, force: false, pendingOnly: false };
  if (step.type === "set")
    return {
      verb: "set",
      targets,
      spec: { ...task.spec, priority: step.priority },
      labels: task.metadata.labels,
    };
  if (step.type === "retry" || step.type === "hold" || step.type === "release")
    return { verb: step.type, targets };
  throw new Error(`${step.type} is no operation`);
}
