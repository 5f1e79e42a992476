import { failureOfAttempt } from "../../model/attempt.ts";
import { sweepPlaceOf } from "../../model/group.ts";
import type { TaskId } from "../../model/identity.ts";
import { figuresOf } from "../../model/outline.ts";
import type { State } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";

/** Where a value of an output is from: what the job gave as such, or the last value of a metric of this name, in its events or in a tracker. */
export type ValueSource = "output" | "metric" | "mlflow" | "wandb" | "tensorboard";

export interface OutputValue {
  readonly value: unknown;
  readonly source: ValueSource;
}

/** Which value of an output is the best. */
export type Goal = "max" | "min";

/** A task with what went into it and what came out of it: a row of `stint results`. */
export interface ResultRow {
  readonly id: TaskId;
  readonly number: number;
  readonly name: string;
  readonly state: State;
  /** Why its last attempt failed; null where it did not. */
  readonly failure: string | null;
  /** The number of its last attempt; 0 where it has not started. */
  readonly attempt: number;
  /** Of its sweep, by name. */
  readonly values: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** True where a user changed its command or its environment since it was queued: its values may not be what it ran with. */
  readonly commandChanged: boolean;
  /** Of its last attempt. */
  readonly outputs: Readonly<Record<string, OutputValue>>;
  /** How long its last attempt ran; null where none has ended. */
  readonly ranMs: number | null;
  /** The devices of its last attempt. */
  readonly gpus: readonly string[];
  /** The time of each GPU that was reserved for it, over all attempts. */
  readonly gpuMs: number;
}

/** The row of a task, by its record alone. */
export function rowOf(task: Task): ResultRow {
  const { metadata, status } = task;
  const last = status.attempts.at(-1);
  const { ranMs, gpuMs } = figuresOf(task);
  const given = last !== undefined && "outputs" in last ? (last.outputs ?? {}) : {};
  return {
    id: metadata.id,
    number: metadata.number,
    name: metadata.name,
    state: status.state,
    failure: failureOfAttempt(last)?.code ?? null,
    attempt: status.attempt,
    values: sweepPlaceOf(metadata)?.values ?? {},
    inputs: task.spec.inputs ?? {},
    commandChanged: isCommandChanged(task, last?.generation),
    outputs: outputsFrom(given, "output"),
    ranMs,
    gpus: last?.devices ?? [],
    gpuMs,
  };
}

/** Of the attempt that the row tells of; of a task that has not run, as it is now. */
function isCommandChanged({ metadata }: Task, generation = metadata.generation): boolean {
  return (metadata.edits ?? []).some(
    (edit) =>
      edit.generation <= generation && edit.keys.some((key) => key === "run" || key.startsWith("env.")),
  );
}

/** The values of one source. */
export function outputsFrom(
  values: Readonly<Record<string, unknown>>,
  source: ValueSource,
): Record<string, OutputValue> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, source }]));
}
