import { draftsOfSchedule } from "../daemon/schedules/load-schedule.ts";
import { loadOptions, type ScheduleView } from "../desk/schedules.ts";
import { submitDrafts } from "../desk/submitting.ts";
import type { Settings } from "../intake/default-settings.ts";
import { withPaused } from "../intake/schedule-edit.ts";
import { timestamp } from "../lib/clock.ts";
import { asLines } from "../lib/printable.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import { idsOfTasks } from "../model/task.ts";
import { tryFs } from "../store/fs-errors.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import {
  dropScheduleRun,
  dropScheduleState,
  removeScheduleFile,
  replaceScheduleFile,
  writeScheduleRun,
} from "../store/schedules.ts";
import type { Context } from "./context.ts";
import { tellIfNothingStarts } from "./start-note.ts";
import { renderProblem } from "./text/problem.ts";

/** A schedule to change, and its home. */
export interface Changed {
  readonly layout: Layout;
  readonly settings: Settings;
  readonly view: ScheduleView;
}

/** Writes `paused:` into the file of a schedule; firings that it misses meanwhile are not caught up. */
export function setPaused(
  context: Context,
  { layout, view }: Changed,
  isPaused: boolean,
): Result<null, Problem> {
  const { name, path, read } = view;
  if (read === null) return err(faulty(view, isPaused ? "pause" : "resume"));
  const word = isPaused ? "paused" : "resumed";
  if (read.schedule.isPaused !== isPaused) {
    const written = tryFs(`change the schedule "${name}"`, () =>
      replaceScheduleFile(layout, path, withPaused(read.text, isPaused)),
    );
    if (!written.ok) return written;
  }
  context.out(asLines([`${name}: ${word}`]));
  return ok(null);
}

/** Removes a schedule; its tasks stay as they are. */
export function removeSchedule(
  context: Context,
  { layout, view: { name, path } }: Changed,
): Result<null, Problem> {
  const removed = tryFs(`remove the schedule "${name}"`, () => {
    removeScheduleFile(layout, path);
    // A supervisor drops the state itself; without one, no other process writes it.
    if (lockOwner(layout) === null) dropScheduleState(layout, name);
    else dropScheduleRun(layout, name);
  });
  if (!removed.ok) return removed;
  context.out(asLines([`${name}: removed`]));
  return ok(null);
}

/** Queues the tasks of a schedule once, now, as a firing would; its own firings are not changed. */
export async function runSchedule(
  context: Context,
  { layout, view, settings }: Changed,
): Promise<Result<null, Problem>> {
  const { name, path, read, state } = view;
  if (read === null) return err(faulty(view, "run"));
  const drafts = draftsOfSchedule(read, { path, name }, loadOptions(context, settings));
  if (!drafts.ok) return drafts;
  const firedFor = timestamp(context.clock.now());
  // A schedule that no supervisor has read has no id yet.
  const firing = state === null || state.uid === "" ? {} : { firing: { uid: state.uid, firedFor } };
  const submitted = await submitDrafts(context, layout, {
    drafts: drafts.value,
    settings,
    isOfSchedule: true,
    ...firing,
  });
  if (!submitted.ok) return submitted;
  const noted = tryFs(`note the run of the schedule "${name}"`, () =>
    writeScheduleRun(layout, name, { at: firedFor, tasks: idsOfTasks(submitted.value.tasks) }),
  );
  for (const { metadata } of submitted.value.tasks) context.out(`${metadata.id}\n`);
  // The tasks are queued: a second run, as a failure asks for, would queue them twice.
  if (!noted.ok) context.err(renderProblem(noted.error, context.columns()));
  tellIfNothingStarts(context, layout);
  return ok(null);
}

function faulty({ name, faults }: ScheduleView, action: string): Problem {
  const found = problem("INVALID_TASK_FILE", `Cannot ${action} the schedule "${name}": its file has faults`);
  return { ...found, ...(faults !== null && { faults }) };
}
