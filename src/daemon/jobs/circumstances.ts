import { statfsSync } from "node:fs";
import { unlessRefused } from "../../lib/errno.ts";
import type { Evidence } from "../../model/evidence.ts";
import type { Task } from "../../model/task.ts";
import { pythonOf } from "../../run/interpreter.ts";
import type { Supervisor } from "../supervisor.ts";
import type { Job } from "./job.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { capturedFor } from "./secrets.ts";

/** Evidence from the machine beside the log: a full disk, the interpreter. Each is read only where the log suggests it. */
export function circumstancesOf(
  supervisor: Supervisor,
  { task, job }: { readonly task: Task; readonly job: Job },
  logTail: string,
): Pick<Evidence, "fullDisk" | "python"> {
  const { layout, environment } = supervisor.context;
  const { kind } = task.spec;
  const folders = [kind.cwd, job.directory, layout.checkpoint(task.metadata.id)];
  const fullDisk = /\bwrit|\bpos\b/.test(logTail)
    ? folders.map(fullDiskOf).find((one) => one !== null)
    : null;
  const hasPython = logTail.includes("No module named") && !runnerOf(kind).isInImage;
  const captured = hasPython ? capturedFor(layout, task, environment) : null;
  const python = captured?.ok ? pythonOf(kind, captured.value ?? {}) : undefined;
  return { ...(fullDisk && { fullDisk }), ...(python !== undefined && { python }) };
}

/** A disk counts as full below this: a write that failed with ENOSPC leaves some blocks free. */
const FULL_PERCENT = 1;

function fullDiskOf(folder: string): string | null {
  const { bavail, blocks } = unlessRefused(() => statfsSync(folder), { bavail: 1, blocks: 1 });
  const freePercent = (bavail / blocks) * 100;
  return freePercent < FULL_PERCENT ? `less than ${FULL_PERCENT} % of the disk of ${folder} is free` : null;
}
