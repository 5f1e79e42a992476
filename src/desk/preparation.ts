import { doingInWords } from "../model/preparation.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { readReport } from "../run/prepare/report.ts";
import type { Layout } from "../store/layout.ts";

/** What the preparation of a task does now, with its progress; null for a task that is not being prepared. */
export function preparationSeen(layout: Layout, task: Task): string | null {
  if (task.status.state !== "preparing") return null;
  const report = readReport(layout.attempt(task.metadata.id, openAttempt(task)?.number ?? 0));
  return report === null || report.result !== undefined ? null : doingInWords(report);
}
