import { readdirSync, rmSync } from "node:fs";
import { failpoint } from "../lib/failpoint.ts";
import { readRegularFile } from "../lib/regular-file.ts";
import { syncDirectory } from "../lib/sync-directory.ts";
import { parseJson } from "../model/check.ts";
import { type FiringNote, type ScheduleState, scheduleState, stateAfter } from "../model/schedule.ts";
import { replaceSynced } from "./durable.ts";
import { isMissing } from "./fs-errors.ts";
import type { Layout } from "./layout.ts";
import { isThere } from "./quarantine.ts";

/** Puts the file of a schedule into its place, whole; anybody may, as those who edit it by hand. */
export function putSchedule(layout: Layout, name: string, text: string): void {
  replaceScheduleFile(layout, layout.scheduleFile(`${name}.yaml`), text);
}

/** The same for one that is there, whatever its ending. */
export function replaceScheduleFile(layout: Layout, path: string, text: string): void {
  replaceSynced(path, text, layout.tmp);
}

/** Takes the file of a schedule away; the supervisor forgets the rest. */
export function removeScheduleFile(layout: Layout, path: string): void {
  rmSync(path, { force: true });
  syncDirectory(layout.schedules);
}

const ENDING = ".json";

/** What a schedule has done; null where it has done nothing, or its sidecar cannot be read as one. */
export function readScheduleState(layout: Layout, name: string): ScheduleState | null {
  let text = "";
  const isGone = isMissing(() => {
    text = readRegularFile(layout.scheduleState(name));
  });
  return isGone ? null : parseJson(scheduleState, text);
}

/** True where there is a sidecar and it cannot be read as one. */
export function isScheduleStateCorrupt(layout: Layout, name: string): boolean {
  return isThere(layout.scheduleState(name)) && readScheduleState(layout, name) === null;
}

/** Puts down what a schedule has done; on the disk when this returns. For the holder of the home alone. */
export function writeScheduleState(layout: Layout, name: string, state: ScheduleState): void {
  failpoint("schedule:noting");
  replaceSynced(layout.scheduleState(name), `${JSON.stringify(state)}\n`, layout.tmp);
  failpoint("schedule:noted");
}

/** Notes a firing whose tasks are queued, unless the schedule is gone or another one by now. */
export function noteFiring(layout: Layout, { schedule, uid, firedFor, tasks }: FiringNote): void {
  const state = readScheduleState(layout, schedule);
  if (state?.uid !== uid) return;
  const after = stateAfter(state, { firedFor, tasks });
  if (after !== state) writeScheduleState(layout, schedule, after);
}

/** The names of the schedules that have done something. */
export function schedulesWithState(layout: Layout): string[] {
  return readdirSync(layout.scheduleStates)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length));
}

/** Forgets what a schedule has done: one of the same name begins anew. */
export function dropScheduleState(layout: Layout, name: string): void {
  rmSync(layout.scheduleState(name), { force: true });
}
