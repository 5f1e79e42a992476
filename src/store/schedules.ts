import { readdirSync, rmSync } from "node:fs";
import { failpoint } from "../lib/failpoint.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { parseJson } from "../model/check.ts";
import {
  type FiringNote,
  type ScheduleRun,
  type ScheduleState,
  scheduleRun,
  scheduleState,
  stateAfter,
} from "../model/schedule.ts";
import { replaceSynced } from "./durable.ts";
import { ifThere } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { isThere } from "./quarantine.ts";

/** Writes the file of a schedule atomically; needs no lock, as people edit these files too. */
export function putSchedule(layout: Layout, name: string, text: string): void {
  replaceScheduleFile(layout, layout.scheduleFile(`${name}.yaml`), text);
}

/** The same for an existing file, with any ending. */
export function replaceScheduleFile(layout: Layout, path: string, text: string): void {
  replaceSynced(path, text, layout.tmp);
}

/** Removes the file of a schedule; the supervisor removes its state. */
export function removeScheduleFile(layout: Layout, path: string): void {
  rmSync(path, { force: true });
  syncDirectory(layout.schedules);
}

const ENDINGS = [".json", ".run"];

/** The state of a schedule; null where it has none yet, or it is damaged. */
export function readScheduleState(layout: Layout, name: string): ScheduleState | null {
  return parseJson(scheduleState, ifThere(() => readRegularFile(layout.scheduleState(name))) ?? "");
}

/** True where the state of a schedule exists and is damaged. */
export function isScheduleStateCorrupt(layout: Layout, name: string): boolean {
  return isThere(layout.scheduleState(name)) && readScheduleState(layout, name) === null;
}

/** Writes the state of a schedule; durable when this returns. Only for the owner of the lock. */
export function writeScheduleState(layout: Layout, name: string, state: ScheduleState): void {
  failpoint("schedule:noting");
  replaceSynced(layout.scheduleState(name), `${JSON.stringify(state)}\n`, layout.tmp);
  failpoint("schedule:noted");
}

/** The last run by hand; null where there was none, or its file is damaged. */
export function readScheduleRun(layout: Layout, name: string): ScheduleRun | null {
  return parseJson(scheduleRun, ifThere(() => readRegularFile(layout.scheduleRun(name))) ?? "");
}

/** Records a run by hand whose tasks are queued. */
export function writeScheduleRun(layout: Layout, name: string, run: ScheduleRun): void {
  replaceSynced(layout.scheduleRun(name), `${JSON.stringify(run)}\n`, layout.tmp);
}

/** Records a firing whose tasks are queued, unless the schedule was removed or replaced meanwhile. */
export function noteFiring(layout: Layout, { schedule, uid, firedFor, tasks }: FiringNote): void {
  const state = readScheduleState(layout, schedule);
  if (state?.uid !== uid) return;
  const after = stateAfter(state, { firedFor, tasks });
  if (after !== state) writeScheduleState(layout, schedule, after);
}

/** The names of the schedules that have a state, or were run by hand. */
export function schedulesWithState(layout: Layout): string[] {
  const names = readdirSync(layout.scheduleStates).flatMap((name) =>
    ENDINGS.filter((ending) => name.endsWith(ending)).map((ending) => name.slice(0, -ending.length)),
  );
  return [...new Set(names)];
}

/** Removes the state of a schedule: another one of the same name begins without it. */
export function dropScheduleState(layout: Layout, name: string): void {
  rmSync(layout.scheduleState(name), { force: true });
  dropScheduleRun(layout, name);
}

/** Removes the record of the last run by hand. */
export function dropScheduleRun(layout: Layout, name: string): void {
  rmSync(layout.scheduleRun(name), { force: true });
}
