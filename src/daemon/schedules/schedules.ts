import { lstatSync } from "node:fs";
import { basename, extname } from "node:path";
import { type InboxMemory, NO_MEMORY, scanning } from "../../intake/inbox.ts";
import { isQuickFile, isQuickText, MAX_QUICK_BYTES } from "../../intake/quick-text.ts";
import { readTaskFile } from "../../intake/task-text.ts";
import { earliest } from "../../lib/earliest.ts";
import { ok, type Result } from "../../lib/result.ts";
import { runSlice, type Steps } from "../../lib/steps.ts";
import type { Schedule } from "../../model/schedule.ts";
import { isScriptName } from "../../model/script-name.ts";
import { due, type Firing } from "../../plan/schedule.ts";
import { newBatch } from "../../store/batch.ts";
import { definitionReader } from "../../store/definitions.ts";
import { dropScheduleState, schedulesWithState } from "../../store/schedules.ts";
import type { OnBehalf } from "../admit/order.ts";
import { GO_ON_MS } from "../admit/publish.ts";
import type { Chore } from "../chore.ts";
import { LogOnce } from "../log-once.ts";
import { READER_LOOK_MS } from "../reader-process.ts";
import type { Supervisor } from "../supervisor.ts";
import { fire } from "./fire.ts";
import {
  type KeptSchedule,
  keptSchedule,
  noteFired,
  type Quick,
  seenOf,
  startOver,
} from "./kept-schedule.ts";
import { draftsOfFiring, type LoadOptions, parseSchedule, type ScheduleSource } from "./load-schedule.ts";
import { ScheduleReader } from "./schedule-reader.ts";
import type { FireJob, ReadJob, ScheduleJob } from "./stage-firings.ts";

/** An editor may take a file away for a moment while it saves; what is gone for longer is forgotten. */
const MAX_AWAY_MS = 60_000;
/** A firing counts the tasks of its lane, for which all unfinished records are read; of more of them, it is staged beside the loop. */
const MAX_QUICK_QUEUE = 500;

/**
 * The schedules of a home: what their files ask for, and what is due of it. Each turn does a slice of a pass, which reads what changed
 * and fires what is due. What takes long is gathered for the reader, a process beside the loop (`schedule-reader.ts`): large texts,
 * sweeps, and firings where the queue is long. One process does all that a pass has gathered; until it has ended, passes do the rest.
 */
export class Schedules implements Disposable {
  readonly #supervisor: Supervisor;
  readonly #onBehalf: Omit<LoadOptions, "nowMs">;
  readonly #kept = new Map<string, KeptSchedule>();
  /** Of files that cannot be used, by what was seen of them. */
  readonly #once: LogOnce;
  /** Schedules with a sidecar and no file, and since when, as `Clock.awakeMs`. */
  readonly #away = new Map<string, number>();
  readonly #reader: ScheduleReader;
  #memory: InboxMemory = NO_MEMORY;
  #lastLookMs: number | null = null;
  #pass: Steps<number | null> | null = null;
  /** What the pass found for the reader, and the names of these schedules. */
  readonly #wanted: ScheduleJob[] = [];
  readonly #waiting = new Set<string>();
  /** Since when a schedule waits for the reader, as `Clock.awakeMs`: the wait must not make its firing too late. */
  readonly #heldSinceMs = new Map<string, number>();
  #hasCommitted = false;

  constructor(supervisor: Supervisor, onBehalf: OnBehalf) {
    this.#supervisor = supervisor;
    this.#once = new LogOnce(supervisor.context.log);
    this.#onBehalf = { ...onBehalf, definition: definitionReader(supervisor.context.layout) };
    this.#reader = new ScheduleReader(supervisor, onBehalf, {
      read: (job, read) => this.#take(job, read, null),
      isDue: (job, { firedForMs }) => this.#isDue(job, firedForMs),
      fired: (job, firing, refused) => {
        const kept = this.#kept.get(job.name);
        if (kept !== undefined) noteFired(supervisor, kept, { firing, refused });
        this.#heldSinceMs.delete(job.name);
        this.#hasCommitted = true;
      },
    });
  }

  /** In how many ms to go on with what is being read and fired; null where nothing is. */
  get busyInMs(): number | null {
    if (this.#pass !== null || this.#hasCommitted) return GO_ON_MS;
    return this.#reader.isBusy ? READER_LOOK_MS : null;
  }

  /** Does a slice of what is due; returns in how many ms something is due again, or null. Throws what the disk refuses. */
  tick(): number | null {
    const { clock } = this.#supervisor.context;
    this.#hasCommitted = false;
    const isGoingOn = this.#reader.runSlice();
    // First the publisher sees what was committed: only then is the queue known to be short.
    if (this.#hasCommitted || isGoingOn) return GO_ON_MS;
    const pass = this.#pass ?? this.#runPass();
    // Cleared first: where a step throws, the next turn begins a new pass.
    this.#pass = null;
    const progress = runSlice(pass, clock);
    if (!progress.isDone) {
      this.#pass = pass;
      return GO_ON_MS;
    }
    if (!this.#reader.isBusy) this.#reader.begin(this.#wanted);
    return earliest([progress.value, this.busyInMs, this.#nextInMs()]);
  }

  /** Of what the pass and the round leave: when the next firing is due. */
  #nextInMs(): number | null {
    const nowMs = this.#supervisor.context.clock.now();
    const waits = [...this.#kept.values()]
      .filter(({ name }) => !this.#isLeft(name))
      .map(({ nextMs }) => (nextMs === null ? null : Math.max(0, nextMs - nowMs)));
    return earliest(waits);
  }

  /** True for a schedule that waits for the reader, or is in its hands. */
  #isLeft(name: string): boolean {
    return this.#waiting.has(name) || this.#reader.has(name);
  }

  *#runPass(): Steps<number | null> {
    const { clock } = this.#supervisor.context;
    const nowMs = clock.now();
    const isSetBack = this.#lastLookMs !== null && nowMs < this.#lastLookMs;
    this.#wanted.length = 0;
    this.#waiting.clear();
    const againInMs = yield* this.#takeIn(nowMs);
    this.#lastLookMs = nowMs;
    for (const kept of this.#kept.values()) {
      if (isSetBack) {
        startOver(this.#supervisor, kept);
        kept.nextMs = nowMs;
      }
      const isDue = kept.nextMs !== null && kept.nextMs <= clock.now();
      // Of a file that changed, the new text counts.
      if (isDue && !this.#isLeft(kept.name)) yield* this.#fireDue(kept, clock.now());
    }
    return againInMs;
  }

  *#takeIn(nowMs: number): Steps<number | null> {
    const { layout } = this.#supervisor.context;
    const look = yield* scanning(layout.schedules, { memory: this.#memory, nowMs });
    this.#memory = look.memory;
    const names = new Set<string>();
    let isWaiting = false;
    for (const { file, verdict, reason } of look.findings) {
      const path = layout.scheduleFile(file);
      const name = basename(file, extname(file));
      const leave = (why = ""): void => this.#once.log(path, `${path} is left alone: ${why}`, verdict);
      // Schedules run scripts, which may lie beside them under the same name.
      if (isScriptName(file)) leave("it is a script, wanted a schedule");
      else if (verdict === "wait") {
        names.add(name);
        // One whose time lies ahead never comes to rest for the inbox, which takes files away.
        if (!this.#isKnown(path, name)) isWaiting = true;
      } else if (verdict !== "take") leave(reason);
      else if (names.has(name)) leave(`there is another file for the schedule ${name}`);
      else {
        names.add(name);
        this.#read({ path, name }, nowMs);
        yield;
      }
    }
    this.#forget(names);
    return isWaiting ? look.againInMs : null;
  }

  #isKnown(path: string, name: string): boolean {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    const seen = stat === undefined ? null : seenOf(stat);
    return seen !== null && (this.#kept.get(name)?.seen === seen || this.#once.isLogged(path, seen));
  }

  /** Reads a file that changed, or leaves it to the reader. */
  #read({ path, name }: ScheduleSource, nowMs: number): void {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || this.#isKnown(path, name)) return;
    // Its text is for the next round.
    if (this.#reader.isBusy && stat.size > MAX_QUICK_BYTES) return this.#hold(name);
    const text = readTaskFile(path);
    const seen = seenOf(stat);
    const job = { type: "read", path, name, seen, changedMs: stat.ctimeMs } as const;
    if (!text.ok) return this.#take({ ...job, text: "" }, text, null);
    const one: ReadJob = { ...job, text: text.value };
    if (!isQuickText(text.value)) return this.#leave(one);
    const read = parseSchedule(text.value, one, { ...this.#onBehalf, nowMs });
    if (!read.ok) return this.#take(one, read, null);
    const { schedule, work } = read.value;
    this.#take(one, ok(schedule), { file: work.type === "file" ? work.path : null });
  }

  #leave(job: ScheduleJob): void {
    this.#wanted.push(job);
    this.#hold(job.name);
  }

  #hold(name: string): void {
    this.#waiting.add(name);
    if (!this.#heldSinceMs.has(name)) this.#heldSinceMs.set(name, this.#supervisor.context.clock.awakeMs());
  }

  /** Takes over a file that was read, by the loop where it is quick; the error is its faults. */
  #take(job: ReadJob, read: Result<Schedule, string>, quick: Quick | null): void {
    const { path, name, seen } = job;
    if (!read.ok) {
      this.#kept.delete(name);
      this.#heldSinceMs.delete(name);
      const line = `${path} has faults, the schedule does not fire until they are corrected\n\n${read.error}`;
      return this.#once.log(path, line, seen);
    }
    this.#once.forget(path);
    const kept = keptSchedule(this.#supervisor, { job, schedule: read.value, quick });
    const state = kept.schedule.isPaused ? "paused" : "active";
    if (!this.#kept.has(name)) this.#supervisor.context.log(`the schedule ${name} is ${state}`);
    this.#kept.set(name, kept);
    startOver(this.#supervisor, kept);
  }

  /** Fires what is due where that is quick, a firing a step; leaves it to the reader where it is not. */
  *#fireDue(kept: KeptSchedule, nowMs: number): Steps<void> {
    const isQuick = this.#isQuick(kept);
    // What is due of it is for the next round.
    if (!isQuick && this.#reader.isBusy) return this.#hold(kept.name);
    const awakeMs = this.#supervisor.context.clock.awakeMs();
    const heldMs = awakeMs - (this.#heldSinceMs.get(kept.name) ?? awakeMs);
    const { firings } = due(kept.schedule, { ...kept.state, heldMs }, nowMs);
    if (!isQuick && firings.length > 0) {
      const { path, name, text, readMs, state } = kept;
      const staged = firings.map((firing) => ({ ...firing, staged: newBatch() }));
      return this.#leave({ type: "fire", path, name, text, readMs, uid: state.uid, firings: staged });
    }
    this.#heldSinceMs.delete(kept.name);
    for (const firing of firings) {
      if (!this.#fire(kept, firing)) return;
      yield;
      // The text is another by now, or what has been queued makes the next one slow: the rest stays due.
      if (this.#kept.get(kept.name) !== kept || !this.#isQuick(kept)) return;
    }
    kept.nextMs = due(kept.schedule, kept.state, nowMs).nextMs;
  }

  /** True where a firing takes the loop no more than some milliseconds. */
  #isQuick({ quick }: KeptSchedule): boolean {
    const { tasks, arrivals } = this.#supervisor.queue;
    if (quick === null || tasks.size + arrivals.size > MAX_QUICK_QUEUE) return false;
    return quick.file === null || isQuickFile(quick.file);
  }

  /** False where the disk refused it: it stays due. */
  #fire(kept: KeptSchedule, firing: Firing): boolean {
    const nowMs = this.#supervisor.context.clock.now();
    const drafts = draftsOfFiring(kept, { ...this.#onBehalf, nowMs });
    const { name, state } = kept;
    const fired = fire(this.#supervisor, { name, uid: state.uid, firedForMs: firing.firedForMs }, drafts);
    if (!fired.ok) return false;
    const refused = fired.value.type === "refused" ? fired.value.problem : null;
    noteFired(this.#supervisor, kept, { firing, refused });
    return true;
  }

  /** True for a firing that was staged under the schedule as it still is, and whose instant has come and was not passed since. */
  #isDue({ name, text, uid }: FireJob, firedForMs: number): boolean {
    const kept = this.#kept.get(name);
    if (kept === undefined || kept.text !== text || kept.state.uid !== uid) return false;
    const { lastFired } = kept.state;
    const isAfter = lastFired === undefined || Date.parse(lastFired) < firedForMs;
    return isAfter && firedForMs <= this.#supervisor.context.clock.now();
  }

  /** Schedules whose files are gone fire no more; after a while nothing is known of them either. */
  #forget(names: ReadonlySet<string>): void {
    const { layout, clock, log } = this.#supervisor.context;
    const awakeMs = clock.awakeMs();
    if (this.#lastLookMs === null)
      for (const name of schedulesWithState(layout)) if (!names.has(name)) this.#away.set(name, awakeMs);
    for (const name of this.#kept.keys()) {
      if (names.has(name)) continue;
      this.#kept.delete(name);
      this.#heldSinceMs.delete(name);
      this.#away.set(name, awakeMs);
      log(`the schedule ${name} was removed`);
    }
    for (const [name, sinceMs] of this.#away) {
      if (!names.has(name) && awakeMs - sinceMs < MAX_AWAY_MS) continue;
      if (!names.has(name)) dropScheduleState(layout, name);
      this.#away.delete(name);
    }
  }

  /** Ends the reader. */
  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}

/** The chores of a loop with schedules; a drain ends once nothing is being read or fired, and waits for no later firing. */
export function scheduleChores(schedules: Schedules): readonly Chore[] {
  return [
    { action: "fire the schedules", tick: () => schedules.tick() },
    { action: "wait for the schedules that are read", tick: () => schedules.busyInMs, isIntake: true },
  ];
}
