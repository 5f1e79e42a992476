import { formatDuration } from "../../lib/duration.ts";
import { asLines } from "../../lib/printable.ts";
import { whyFailed } from "../../model/failure-text.ts";
import type { TaskId } from "../../model/identity.ts";
import { inNumberOrder, lastEnded, type Task } from "../../model/task.ts";
import type { Context } from "../context.ts";
import { styleFor } from "./style.ts";

export function endLine(task: Task, context: Pick<Context, "hasColor">): string {
  const { metadata, status } = task;
  const last = lastEnded(task);
  const took = last === null ? "" : ` in ${formatDuration(last.durationMs)}`;
  const tries = status.attempt > 1 ? ` after ${status.attempt} attempts` : "";
  const why = status.state === "failed" ? `: ${whyFailed(task)}` : "";
  return asLines([`${metadata.id} ${styleFor(context.hasColor).state(status.state)}${took}${tries}${why}`]);
}

/** Shows the progress of a wait: one line that is rewritten on a terminal, nothing elsewhere. */
export class ProgressLine {
  readonly #context: Context;
  readonly #everOpen = new Set<TaskId>();

  constructor(context: Context) {
    this.#context = context;
    context.onSuspend();
  }

  /** `all` is how many tasks are waited for; if unknown, as many as were ever unfinished. */
  show(open: readonly Task[], all?: number): void {
    if (!this.#context.isTerminal) return;
    for (const { metadata } of open) this.#everOpen.add(metadata.id);
    const total = all ?? this.#everOpen.size;
    if (total === 0) return;
    const running = open.filter((task) => task.status.state !== "queued").toSorted(inNumberOrder);
    const names = running.slice(0, 3).map((task) => task.metadata.name);
    const more = running.length > names.length ? ` +${running.length - names.length}` : "";
    const line = `${open.length} of ${total} left, ${running.length} running${names.length > 0 ? `: ${names.join(", ")}${more}` : ""}`;
    this.#context.progressLine(line.slice(0, this.#context.columns() - 1));
  }

  /** Removes the line, so that other output can follow. */
  clear(): void {
    this.#context.progressLine("");
  }
}
