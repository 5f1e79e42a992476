import { asLines } from "../../lib/printable.ts";
import { whyFailed } from "../../model/failure-text.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";
import type { Context } from "../context.ts";
import { causeOf } from "./explain-failure.ts";
import { isSummed, summaryLine } from "./many.ts";
import { endLine } from "./progress.ts";

interface EndsOptions {
  /** How many tasks are waited for. */
  readonly count: number;
  readonly print: (text: string) => void;
  /** False where output of the jobs comes between the lines. */
  readonly maySum?: boolean;
}

/** Of many tasks that fail alike, so many are told at once. */
const TOLD_ALIKE = 3;

/** Tells how tasks end: a line for each at once; of many on a terminal, only the first failures of each cause, and the rest when the wait is over. */
export class Ends {
  readonly #context: Context;
  readonly #print: (text: string) => void;
  readonly #byState: Map<string, TaskId[]> | null;
  /** How many have failed by each cause, and why the first of them did. */
  readonly #failures = new Map<string, { count: number; readonly why: string }>();

  constructor(context: Context, { count, print, maySum = true }: EndsOptions) {
    this.#context = context;
    this.#print = print;
    this.#byState = maySum && isSummed(count, context) ? new Map() : null;
  }

  tell(task: Task): void {
    const { state } = task.status;
    this.#byState?.getOrInsertComputed(state, () => []).push(task.metadata.id);
    if (this.#byState === null) this.#print(endLine(task, this.#context));
    else if (state === "failed") {
      const alike = this.#failures.getOrInsertComputed(causeOf(task), () => ({
        count: 0,
        why: whyFailed(task),
      }));
      alike.count += 1;
      if (alike.count <= TOLD_ALIKE) this.#print(endLine(task, this.#context));
    }
  }

  /** Prints what `tell` kept back, also of a wait that ended early. */
  finish(): void {
    for (const { count, why } of this.#failures.values())
      if (count > TOLD_ALIKE) this.#print(asLines([`${count - TOLD_ALIKE} more failed alike: ${why}`]));
    for (const [state, ids] of this.#byState ?? []) this.#print(summaryLine(`${state}:`, ids));
  }
}
