import { statSync } from "node:fs";
import { basename, extname } from "node:path";
import { draftsOfSchedule, type LoadOptions, loadSchedule } from "../daemon/schedules/load-schedule.ts";
import type { Settings } from "../intake/default-settings.ts";
import { kindOfName } from "../intake/inbox-name.ts";
import type { ScheduleFile } from "../intake/schedule.ts";
import { timestamp } from "../lib/clock.ts";
import { ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import { inFull, type Problem, rejected } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import { type ScheduleState, stateUnder } from "../model/schedule.ts";
import { upcoming } from "../plan/schedule.ts";
import { definitionReader } from "../store/definitions.ts";
import { namesOrNone } from "../store/fs-errors.ts";
import { Layout } from "../store/layout.ts";
import { readTask } from "../store/reader.ts";
import { readScheduleRun, readScheduleState } from "../store/schedules.ts";
import type { Caller } from "./caller.ts";
import { homePath } from "./home.ts";

/** How many future firings `show` and `--json` list. */
const SHOWN = 5;

/** A task that a schedule queued, and its state. */
interface FiredTask {
  readonly id: string;
  /** "cleaned" where its record was removed. */
  readonly state: string;
  readonly reason?: string;
}

/** A schedule, from its file and its state file. */
export interface ScheduleView {
  readonly name: string;
  readonly path: string;
  /** Null where the file has faults. */
  readonly read: (ScheduleFile & { readonly text: string }) | null;
  /** The faults of the file, as text. */
  readonly faults: string | null;
  /** Why its next firing would queue nothing, as far as is known now. */
  readonly problem: string | null;
  readonly state: ScheduleState | null;
  /** Instants of the rule and when they fire, RFC 3339. */
  readonly next: readonly { readonly firedFor: string; readonly at: string }[];
  /** The last firing or run by hand. */
  readonly last: {
    readonly firedFor: string;
    readonly tasks: readonly FiredTask[];
    readonly problem?: string;
    /** Set where `stint schedules run` queued them: `firedFor` is when. */
    readonly byHand?: true;
  } | null;
}

/** Every schedule of a home, in the order of their names. */
export function scheduleViews(caller: Caller, layout: Layout, settings: Settings): ScheduleView[] {
  const files = namesOrNone(layout.schedules).filter((name) => kindOfName(name) === "task");
  return files.toSorted().map((file) => viewOf(caller, { layout, file, settings }));
}

export function findSchedule(
  caller: Caller,
  layout: Layout,
  { name, settings }: { name: string; settings: Settings },
): Result<ScheduleView, Problem> {
  const views = scheduleViews(caller, layout, settings);
  const found = views.find((view) => view.name === name);
  if (found !== undefined) return ok(found);
  const near = closest(
    name,
    views.map((view) => view.name),
  );
  const hint = near === null ? "list them: stint schedules ls" : `did you mean ${near}?`;
  return rejected("NOT_FOUND", `No schedule named "${name}"`, hint);
}

/** The context in which a command reads schedules. */
export function loadOptions(caller: Caller, { defaults }: Settings): LoadOptions {
  const { userHome, clock } = caller;
  const definition = definitionReader(new Layout(homePath(caller)));
  return { userHome, nowMs: clock.now(), defaults, definition };
}

function viewOf(
  caller: Caller,
  { layout, file, settings }: { layout: Layout; file: string; settings: Settings },
): ScheduleView {
  const path = layout.scheduleFile(file);
  const name = basename(file, extname(file));
  const options = loadOptions(caller, settings);
  const loaded = loadSchedule({ path, name }, options);
  const known = readScheduleState(layout, name);
  const common = { name, path, last: lastOf(layout, name, known) };
  if (!loaded.ok)
    return { ...common, read: null, faults: loaded.error, problem: null, state: known, next: [] };
  const { schedule } = loaded.value;
  const { nowMs } = options;
  // The state that the supervisor will record when it reads the file.
  const state = stateUnder(schedule, known, { uid: "", changedMs: Math.min(nowMs, statSync(path).ctimeMs) });
  const drafts = draftsOfSchedule(loaded.value, { path, name }, options);
  return {
    ...common,
    read: loaded.value,
    faults: null,
    problem: drafts.ok ? null : inFull(drafts.error),
    state,
    // The jitter depends on the id, which a supervisor assigns.
    next: upcoming(state.uid === "" ? { ...schedule, jitterMs: 0 } : schedule, state, {
      nowMs,
      count: SHOWN,
    }).map(({ firedForMs, atMs }) => ({ firedFor: timestamp(firedForMs), at: timestamp(atMs) })),
  };
}

function lastOf(layout: Layout, name: string, state: ScheduleState | null): ScheduleView["last"] {
  const run = readScheduleRun(layout, name);
  const fired = state?.last;
  if (run !== null && (fired === undefined || Date.parse(fired.firedFor) <= Date.parse(run.at)))
    return { firedFor: run.at, tasks: run.tasks.map((id) => firedTask(layout, id)), byHand: true };
  if (fired === undefined) return null;
  const { firedFor, tasks, problem: refused } = fired;
  return {
    firedFor,
    tasks: tasks.map((id) => firedTask(layout, id)),
    ...(refused !== undefined && { problem: refused }),
  };
}

function firedTask(layout: Layout, id: TaskId): FiredTask {
  const read = readTask(layout, id);
  if (!read.ok) return { id, state: read.error.type === "missing" ? "cleaned" : read.error.type };
  const { status } = read.value;
  return {
    id,
    state: status.state,
    ...("reason" in status && status.reason !== undefined && { reason: status.reason }),
  };
}
