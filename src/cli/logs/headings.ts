import { asLines } from "../../lib/printable.ts";
import type { Task } from "../../model/task.ts";
import type { Context } from "../context.ts";

/** Names the task before its output where the output of several is shown, as tail(1) does. */
export class Headings {
  readonly #context: Context;
  readonly #isShown: boolean;
  #last: Task["metadata"]["id"] | null = null;

  constructor(context: Context, isShown: boolean) {
    this.#context = context;
    this.#isShown = isShown;
  }

  /** Prints the heading of a task, unless its output was the last. */
  begin({ metadata: { id } }: Task): void {
    if (!this.#isShown || this.#last === id) return;
    this.#context.out(`${this.#last === null ? "" : "\n"}${asLines([`==> ${id} <==`])}`);
    this.#last = id;
  }

  /** A context in which the output of jobs is that of a task, under its heading. */
  under(task: Task): Context {
    const outOfJob = (bytes: Uint8Array): void => {
      if (bytes.length === 0) return;
      this.begin(task);
      this.#context.outOfJob(bytes);
    };
    return { ...this.#context, outOfJob };
  }
}
