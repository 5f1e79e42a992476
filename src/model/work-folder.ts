import { ATTEMPT_FILES } from "./attempt-files.ts";
import type { Task } from "./task.ts";

/** The folder in which the job of an attempt works: that of the task, or in the checkout of its snapshot the same folder. */
export function workFolder(task: Task, directory: string): string {
  return checkoutFolder(task, directory) ?? task.spec.kind.cwd;
}

/** The folder in the checkout; null for a task without a snapshot. `directory` is that of the attempt. */
export function checkoutFolder({ spec, metadata: { code } }: Task, directory: string): string | null {
  if (spec.code?.mode !== "snapshot") return null;
  const folder = code?.folder ?? "";
  return `${directory}/${ATTEMPT_FILES.code}${folder === "" ? "" : `/${folder}`}`;
}
