import { counted } from "../../lib/counted.ts";
import { formatDuration } from "../../lib/duration.ts";
import { rangesOf } from "../../lib/ranges.ts";
import { lastEnded, type Task } from "../../model/task.ts";
import type { Wait } from "../../plan/waiting.ts";
import { shortRanges } from "./many.ts";
import type { Holders } from "./shortage.ts";
import { longWait } from "./wait.ts";

/** The same for tasks that one text explains; null for one that is explained alone. */
export function likenessOf({ status }: Task, waits: readonly Wait[]): string | null {
  if (status.state === "completed") return "completed";
  if (status.state === "cancelled") return `cancelled ${status.message}`;
  if (status.state !== "queued" || status.attempts.length > 0) return null;
  // The place in the queue differs from one to the next.
  return JSON.stringify(waits.map((wait) => ({ ...wait, ahead: null, before: null, keptFor: null })));
}

/** Why several tasks wait, or that they ended, where it is the same for all; the first is the example. */
export function explainAlike(
  tasks: readonly Task[],
  around: { readonly nowMs: number; readonly waits: readonly Wait[]; readonly holders: Holders },
): string[] {
  const ranges = rangesOf(tasks.map(({ metadata }) => metadata.number));
  const named = `  tasks ${shortRanges(ranges)}`;
  const id = ranges.join(" ");
  const status = tasks[0]?.status;
  if (status?.state === "completed")
    return [`${counted(tasks.length, "task")} succeeded${took(tasks)}`, named];
  if (status?.state === "cancelled") {
    const why = `${status.message.startsWith("cancelled") ? "" : "cancelled: "}${status.message}`;
    return [`${counted(tasks.length, "task")} were ${why}`, named, `Run them again: stint retry ${id}`];
  }
  const waits = around.waits.flatMap((wait) => longWait(wait, { ...around, id, areMany: true }));
  return [`${counted(tasks.length, "task")} are queued.`, named, ...waits];
}

/** ` after 2m to 5m`. */
function took(tasks: readonly Task[]): string {
  const times = tasks.flatMap((task) => lastEnded(task)?.durationMs ?? []);
  if (times.length === 0) return "";
  const spread = [...new Set([Math.min(...times), Math.max(...times)].map(formatDuration))];
  return ` after ${spread.join(" to ")}`;
}
