/** What the model knows of a task; all of it stands in the record too. */
export interface ModelTask {
  readonly number: number;
  readonly state: "queued" | "preparing" | "running" | "completed" | "failed" | "cancelled";
  readonly attempts: number;
  readonly epoch: number;
  readonly version: number;
  readonly generation: number;
  readonly hold: boolean;
  readonly priority: number;
  /** Failures in a row within the epoch, for the budget. */
  readonly failures: number;
  readonly isStopping: boolean;
  readonly isWaiting: boolean;
}

/** A step of a task's life; `nth` picks the task among those that there are. */
export type Step =
  | { readonly type: "cancel" | "retry" | "hold" | "release" | "claim" | "start" }
  | { readonly type: "set"; readonly priority: number }
  | { readonly type: "end"; readonly how: "success" | "failure" | "killed" };

/** Attempts of one epoch where the task says nothing of it. */
const MAX_ATTEMPTS = 4;

/** A task as it is accepted. */
export function newTask(number: number): ModelTask {
  return {
    number,
    state: "queued",
    attempts: 0,
    epoch: 1,
    version: 1,
    generation: 1,
    hold: false,
    priority: 0,
    failures: 0,
    isStopping: false,
    isWaiting: false,
  };
}

/** The task after a step, or null where the queue must refuse it. Written from the help, not from the code. */
export function stepped(task: ModelTask, step: Step): ModelTask | null {
  const changed = changes(task, step);
  if (changed === null) return null;
  // What needs no change makes no version.
  return Object.keys(changed).length === 0 ? task : { ...task, ...changed, version: task.version + 1 };
}

function changes(task: ModelTask, step: Step): Partial<ModelTask> | null {
  const { state, generation } = task;
  const isActive = state === "preparing" || state === "running";
  switch (step.type) {
    case "cancel":
      if (state === "queued") return { state: "cancelled", isWaiting: false };
      return isActive ? { isStopping: true } : null;
    case "retry":
      if (state === "failed" || state === "cancelled")
        return { state: "queued", epoch: task.epoch + 1, failures: 0, isWaiting: false };
      return state === "queued" && task.isWaiting ? { isWaiting: false } : null;
    case "hold":
    case "release": {
      if (state !== "queued") return null;
      const hold = step.type === "hold";
      return hold === task.hold ? {} : { hold, generation: generation + 1 };
    }
    case "set": {
      if (state === "completed") return null;
      return { priority: step.priority, generation: generation + (step.priority === task.priority ? 0 : 1) };
    }
    case "claim":
      if (state !== "queued") return null;
      return { state: "preparing", attempts: task.attempts + 1, isStopping: false, isWaiting: false };
    case "start":
      return state === "preparing" ? { state: "running" } : null;
    case "end":
      return state === "running" ? ended(task, step.how) : null;
  }
}

function ended(task: ModelTask, how: "success" | "failure" | "killed"): Partial<ModelTask> {
  if (task.isStopping) return { state: "cancelled", isStopping: false };
  if (how === "success") return { state: "completed", failures: 0 };
  const failures = task.failures + 1;
  const isAgain = how === "killed" && failures < MAX_ATTEMPTS;
  return { state: isAgain ? "queued" : "failed", failures, isWaiting: isAgain };
}
