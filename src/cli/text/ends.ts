import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";
import type { Context } from "../context.ts";
import { isSummed, summaryLine } from "./many.ts";
import { endLine } from "./progress.ts";

interface EndsOptions {
  /** How many tasks are waited for. */
  readonly count: number;
  readonly print: (text: string) => void;
  /** False where output of the jobs comes between the lines. */
  readonly maySum?: boolean;
}

/** Tells how tasks end: a line for each at once; of many on a terminal, only failures at once, and the rest by state when the wait is over. */
export class Ends {
  readonly #context: Context;
  readonly #print: (text: string) => void;
  readonly #byState: Map<string, TaskId[]> | null;

  constructor(context: Context, { count, print, maySum = true }: EndsOptions) {
    this.#context = context;
    this.#print = print;
    this.#byState = maySum && isSummed(count, context) ? new Map() : null;
  }

  tell(task: Task): void {
    const { state } = task.status;
    this.#byState?.getOrInsertComputed(state, () => []).push(task.metadata.id);
    if (this.#byState === null || state === "failed") this.#print(endLine(task, this.#context));
  }

  /** Prints what `tell` kept back, also of a wait that ended early. */
  finish(): void {
    for (const [state, ids] of this.#byState ?? []) this.#print(summaryLine(`${state}:`, ids));
  }
}
