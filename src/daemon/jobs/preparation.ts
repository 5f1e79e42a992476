import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { failpoint } from "../../lib/failpoint.ts";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import { checkoutOf } from "../../model/code.ts";
import type { Datasets } from "../../model/dataset.ts";
import { type OrderParts, type PreparationReport, reasonOfStep } from "../../model/preparation.ts";
import { openAttempt, type PreparingReason, type Task } from "../../model/task.ts";
import type { TrackingOrder } from "../../model/tracking.ts";
import { checkoutFolder } from "../../model/work-folder.ts";
import type { JobEnd } from "../../run/ending.ts";
import { preparationPrefix, UNPREPARED } from "../../run/prepare/prefix.ts";
import { readReport, writeReport } from "../../run/prepare/report.ts";
import { readExit } from "../../run/records.ts";
import type { Layout } from "../../store/layout.ts";
import type { Supervisor } from "../supervisor.ts";
import type { Job } from "./job.ts";
import { preparesTracking } from "./tracking.ts";

/*
 * What a task needs before its program runs, such as verified data, is prepared by a prefix of the job (`run/prepare/`). This file owns
 * the supervisor's side: the order, and what the report means for the job.
 *
 *     open ──▶ ready      the program runs; its times, and so the timeout, count from here
 *       └────▶ refused    the program never ran, and the attempt ends as not started
 *
 * Order of effects at a start: the empty report and the order are written, then the job is launched. A crash in between leaves no `start`:
 * the task is queued again. A report without a result, of a job that is gone, means that the program never ran.
 *
 * Invariants: the report decides only until the job is on record as running, since from then on the job may have written it; and where it
 * is missing, the result of the job itself counts. A refusal needs the exit code of the prefix too.
 */

/** True for a task that needs a preparation; for all others no more is done. */
function isPrepared(task: Task): boolean {
  const { datasets, snapshot, preflight, code } = task.spec;
  return (
    [datasets, snapshot, preflight].some((one) => one !== undefined) ||
    code?.mode === "snapshot" ||
    preparesTracking(task)
  );
}

/** Whether the job of a task that starts, or that an earlier supervisor left, is prepared first. */
export function preparationOf(task: Task): Pick<Job, "preparation"> {
  return task.status.state === "preparing" && isPrepared(task) ? { preparation: "open" } : {};
}

interface Ordered {
  readonly task: Task;
  readonly directory: string;
  /** With those of its snapshot; null for none. */
  readonly datasets: Datasets | null;
  /** Null for nothing. */
  readonly tracking: TrackingOrder | null;
}

function partsOf({ task: { spec, metadata }, datasets, tracking }: Ordered, layout: Layout): OrderParts {
  const { preflight, kind, provenance = "strict" } = spec;
  const code = checkoutOf(spec.code, metadata.code);
  return {
    ...(preflight !== undefined && { preflight: { conditions: preflight, cwd: kind.cwd } }),
    ...(code !== null && { code }),
    ...(tracking !== null && { tracking }),
    ...(datasets !== null && {
      data: { datasets, provenance, task: metadata.id, cache: layout.datasets },
    }),
  };
}

/** Writes the order of a job; returns the words before its program, none for most jobs. Throws what the system refuses. */
export function orderPreparation({ context }: Supervisor, ordered: Ordered): readonly string[] {
  const { task, directory } = ordered;
  if (!isPrepared(task)) return [];
  const { layout, self, environment } = context;
  writeReport(directory, { step: null });
  const order = JSON.stringify({ parts: partsOf(ordered, layout) });
  writeFileSync(join(directory, ATTEMPT_FILES.preparationOrder), `${order}\n`, { mode: 0o600 });
  failpoint("preparation:ordered");
  const token = openAttempt(task)?.token ?? "";
  return preparationPrefix({
    self,
    directory,
    token,
    environment,
    enter: checkoutFolder(task, directory) ?? "",
  });
}

/** Reads how far the preparation of a job is; returns why its task is still preparing, or null where its program runs, or has run. */
export function followPreparation(job: Job): PreparingReason | "starting" | null {
  if (job.preparation !== "open") return null;
  const report = readReport(job.directory);
  if (report === null || report.result?.type === "ready") {
    markReady(job, report);
    return null;
  }
  return report.step === null ? "starting" : reasonOfStep(report.step);
}

/** The times of a job are those of its program. */
function markReady(job: Job, report: PreparationReport | null): void {
  job.preparation = "ready";
  if (report?.result === undefined) return;
  job.findings = report.result.found;
  job.startedAtMs = report.result.atMs;
  job.startedAwakeMs = report.result.awakeMs;
}

/**
 * For a job whose recording parent is gone: null where its program ran, or needed no preparation. Else the end of an attempt that was not
 * started, or "killed" where something ended the preparation, which is then judged like the end of a job.
 */
export function endOfPreparation(job: Job): JobEnd | "killed" | null {
  if (followPreparation(job) === null) return null;
  const exit = readExit(job.directory, job.token);
  if (exit?.ending.type !== "exited" || exit.ending.exitCode !== UNPREPARED) return "killed";
  job.preparation = "refused";
  const { result } = readReport(job.directory) ?? {};
  if (result !== undefined) job.findings = result.found;
  const { code, error } =
    result?.type === "refused"
      ? result
      : ({
          code: "RUNTIME_ERROR",
          error: "Cannot prepare the job: what prepares it ended without a result",
        } as const);
  return { ending: { type: "notStarted", code, error }, endedAtMs: exit.endedAtMs };
}

/** True for a job whose program has not run. */
export function isUnprepared({ preparation }: Job): boolean {
  return preparation === "open" || preparation === "refused";
}
