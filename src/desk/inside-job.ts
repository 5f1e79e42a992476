import { type Problem, problem } from "../model/errors.ts";
import { idFromFileName } from "../model/identity.ts";
import { openAttempt, type Task } from "../model/task.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
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
 * Refuses to wait inside of a job for a task that needs the only place, which that job keeps meanwhile; where there are more, `stuckTeller`
 * tells what is short. `ownPlaces` is what this process would have to give without a supervisor.
 */
export function refuseToWait(caller: Caller, layout: Layout, ownPlaces: number): Problem | null {
  const around = enclosingTask(caller, layout);
  if (around === null) return null;
  const { id } = around.metadata;
  const places = lockOwner(layout)?.capacity?.jobs ?? ownPlaces;
  if (places > 1) return null;
  return problem(
    "UNPLACEABLE",
    `Cannot wait inside of the job of "${id}": it keeps the only place there is, so that nothing else would ever start`,
    "queue it with `stint submit` and without waiting, or give the supervisor more places: --jobs 2",
  );
}
