import type { Fold } from "../../desk/fold.ts";
import { formatDuration } from "../../lib/duration.ts";
import { whyFailed } from "../../model/failure-text.ts";
import { describeKind } from "../../model/kind.ts";
import type { Task } from "../../model/task.ts";
import type { Style } from "./style.ts";
import { numbersText } from "./sweep.ts";

export const TASK_TITLES = ["NO", "NAME", "STATE", "TRY", "TIME", "NOTE"];

/** One row of a listing; `wait` is why a queued task has not started, as a clause. */
export function taskRow(
  task: Task,
  around: { readonly nowMs: number; readonly wait: string; readonly style: Style },
): string[] {
  const { metadata, status } = task;
  return [
    String(metadata.number),
    metadata.name,
    around.style.state(status.state),
    status.attempt === 0 ? "-" : String(status.attempt),
    timeOf(task, around.nowMs),
    noteOf(task, around.wait),
  ];
}

/** One row for a whole sweep. */
export function foldRow(fold: Fold, around: { readonly nowMs: number; readonly style: Style }): string[] {
  const { group, running, queued, done, failed } = fold;
  const oldest = Math.min(
    ...[running[0], queued[0]].flatMap((task) =>
      task === undefined ? [] : [Date.parse(task.metadata.createdAt)],
    ),
  );
  const counts = [
    [running.length, "running"],
    [queued.length, "queued"],
    [done, "done"],
    [failed, "failed"],
  ] as const;
  return [
    numbersText(group),
    group.name,
    around.style.state(running.length > 0 ? "running" : "queued"),
    "-",
    formatDuration(around.nowMs - oldest),
    `sweep: ${counts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`])).join(", ")}`,
  ];
}

/** The running time of a running task, the duration of the last attempt of an ended one, the age of a queued one. */
function timeOf(task: Task, nowMs: number): string {
  const last = task.status.attempts.at(-1);
  if (task.status.state === "queued") return formatDuration(nowMs - Date.parse(task.metadata.createdAt));
  if (last === undefined) return "-";
  if (last.state === "running") return formatDuration(nowMs - Date.parse(last.startedAt ?? last.claimedAt));
  return formatDuration(last.durationMs);
}

function noteOf(task: Task, wait: string): string {
  const { status, spec } = task;
  const last = status.attempts.at(-1);
  switch (status.state) {
    case "queued": {
      const why = status.reason === "Backoff" ? whyFailed(task) : "";
      return why === "" ? wait : `${wait}; ${why}`;
    }
    case "completed":
      return describeKind(spec.kind);
    case "cancelled":
      return status.message;
    case "failed":
      return whyFailed(task);
    case "preparing":
    case "running":
    case "serving":
    case "stopping":
    case "collecting":
    case "orphaned":
      if (last?.state === "running" && last.stop !== undefined) return `being stopped: ${last.stop.reason}`;
      if (last?.state === "running" && last.paused !== undefined)
        return `paused by ${last.paused.actor}: ${describeKind(spec.kind)}`;
      if (status.state === "preparing" && status.reason !== undefined)
        return `${status.reason}: ${describeKind(spec.kind)}`;
      return describeKind(spec.kind);
  }
}
