import type { Stats } from "node:fs";
import { timestamp } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/duration.ts";
import { failpoint } from "../../lib/failpoint.ts";
import { localTime } from "../../lib/local-time.ts";
import { uuid } from "../../lib/random.ts";
import { inFull, type Problem } from "../../model/errors.ts";
import { type Schedule, type ScheduleState, stateAfter, stateUnder } from "../../model/schedule.ts";
import { type Firing, isFromTheFuture, ON_TIME_MS } from "../../plan/schedule.ts";
import { isScheduleStateCorrupt, readScheduleState, writeScheduleState } from "../../store/schedules.ts";
import type { Supervisor } from "../supervisor.ts";
import type { ScheduleSource } from "./load-schedule.ts";
import type { ReadJob } from "./stage-firings.ts";

/** A schedule whose text is quick to read. */
export interface Quick {
  /** The task file that it queues; null where its tasks stand in it. */
  readonly file: string | null;
}

/** A schedule in memory. */
export interface KeptSchedule extends ScheduleSource {
  readonly text: string;
  readonly schedule: Schedule;
  /** Null where its text is for the reader. */
  readonly quick: Quick | null;
  /** What was seen of the file: it is read again when that is another. */
  readonly seen: string;
  /** In ms since the epoch. */
  readonly readMs: number;
  state: ScheduleState;
  /** Nothing is due before, in ms since the epoch; null where nothing comes any more. */
  nextMs: number | null;
}

/** A schedule whose file was read, with what it has done; due at once, until it is known what is. */
export function keptSchedule(
  { context: { layout, clock } }: Supervisor,
  {
    job,
    schedule,
    quick,
  }: { readonly job: ReadJob; readonly schedule: Schedule; readonly quick: Quick | null },
): KeptSchedule {
  const { path, name, text, seen } = job;
  const nowMs = clock.now();
  const known = readScheduleState(layout, name);
  // What was fired is not known any more, and must not be fired again.
  const changedMs =
    known === null && isScheduleStateCorrupt(layout, name) ? nowMs : Math.min(nowMs, job.changedMs);
  const state = stateUnder(schedule, known, { uid: uuid(), changedMs });
  if (state !== known) writeScheduleState(layout, name, state);
  failpoint("schedule:known");
  return { path, name, text, schedule, quick, seen, readMs: nowMs, state, nextMs: nowMs };
}

/** A last firing far ahead was made under a wrong clock: such a schedule starts over. */
export function startOver({ context: { layout, log, clock } }: Supervisor, kept: KeptSchedule): void {
  const nowMs = clock.now();
  if (!isFromTheFuture(kept.state, nowMs)) return;
  const { name } = kept;
  log(
    `the schedule ${name} had fired for a time far in the future (the clock was set back): it starts over now`,
  );
  const { lastFired: _wrong, ...state } = readScheduleState(layout, name) ?? kept.state;
  kept.state = { ...state, since: timestamp(nowMs) };
  writeScheduleState(layout, name, kept.state);
}

/** A firing is over: its tasks are committed, and the publisher puts it into the sidecar; or it was refused, which is noted here. */
export function noteFired(
  { context: { layout, log, clock } }: Supervisor,
  kept: KeptSchedule,
  { firing, refused }: { readonly firing: Firing; readonly refused: Problem | null },
): void {
  const { name } = kept;
  const firedFor = timestamp(firing.firedForMs);
  kept.state = stateAfter(kept.state, { firedFor, tasks: [] });
  const lateMs = clock.now() - firing.atMs;
  const late = lateMs > ON_TIME_MS ? `, ${formatDuration(lateMs)} late` : "";
  log(`the schedule ${name} fired for ${localTime(firing.firedForMs, clock.now())}${late}`);
  if (refused === null) return;
  log(`the schedule ${name} queued nothing: ${refused.message}`);
  const state = readScheduleState(layout, name) ?? kept.state;
  writeScheduleState(layout, name, stateAfter(state, { firedFor, tasks: [], problem: inFull(refused) }));
}

/** The time of the last change of the inode tells also of a write that kept size and time. */
export function seenOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}
