import { type Problem, problem } from "../model/errors.ts";
import { idFromFileName } from "../model/identity.ts";
import { openAttempt, type Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { appliedBy } from "../store/overrides.ts";
import { readTask } from "../store/reader.ts";
import type { Caller } from "./caller.ts";

/** True in a process that a job of any home has started: it ends with that job. */
export function isInsideJob({ env }: Caller): boolean {
  return (env["STINT_TOKEN"] ?? "") !== "";
}

/** The task of this home whose job has started this process; null where there is none. */
export function enclosingTask({ env }: Caller, layout: Layout): Task | null {
  const id = idFromFileName(`${env["STINT_TASK_ID"]}.json`);
  const read = id === null ? null : readTask(layout, id);
  const isThis = read?.ok === true && openAttempt(read.value)?.token === env["STINT_TOKEN"];
  return isThis ? read.value : null;
}

/**
 * Refuses to wait inside a job where only one job runs at a time, as the waiting one keeps running; where more can run, `stuckTeller`
 * warns of what is short. `ownJobs`: how many jobs this process would run at a time without a supervisor.
 */
export function refuseToWait(caller: Caller, layout: Layout, ownJobs: number): Problem | null {
  const around = enclosingTask(caller, layout);
  if (around === null) return null;
  const { id } = around.metadata;
  const owner = lockOwner(layout);
  const applied = owner === null ? null : appliedBy(layout, owner.token);
  const jobs = applied?.capacity.jobs ?? owner?.capacity?.jobs ?? ownJobs;
  if (jobs > 1) return null;
  return problem(
    "UNPLACEABLE",
    `Cannot wait inside the job of "${id}": only one job runs at a time, so nothing else could start while it waits`,
    "submit it without waiting, or let the supervisor run more jobs: --jobs 2",
  );
}
