import { lstatSync, type Stats } from "node:fs";
import { basename, extname } from "node:path";
import { type InboxMemory, NO_MEMORY, scanInbox } from "../../intake/inbox.ts";
import type { ScheduleFile } from "../../intake/schedule.ts";
import { timestamp } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/duration.ts";
import { failpoint } from "../../lib/failpoint.ts";
import { uuid } from "../../lib/random.ts";
import { inFull } from "../../model/errors.ts";
import { type ScheduleState, stateAfter, stateUnder } from "../../model/schedule.ts";
import { due, type Firing, isFromTheFuture, ON_TIME_MS } from "../../plan/schedule.ts";
import {
  dropScheduleState,
  isScheduleStateCorrupt,
  readScheduleState,
  schedulesWithState,
  writeScheduleState,
} from "../../store/schedules.ts";
import { LogOnce } from "../log-once.ts";
import type { Supervisor } from "../supervisor.ts";
import { fire } from "./fire.ts";
import { draftsOfSchedule, type LoadOptions, loadSchedule, parseSchedule } from "./load-schedule.ts";

/** An editor may take a file away for a moment while it saves; what is gone for longer is forgotten. */
const MAX_AWAY_MS = 60_000;

/** A schedule in memory. */
interface Kept {
  readonly path: string;
  readonly text: string;
  readonly read: ScheduleFile;
  /** What was seen of the file: it is read again when that is another. */
  readonly seen: string;
  state: ScheduleState;
  /** Nothing is due before, in ms since the epoch; null where nothing comes any more. */
  nextMs: number | null;
}

/** The schedules of a home: what their files want, and what is due of it. */
export class Schedules {
  readonly #supervisor: Supervisor;
  readonly #options: Omit<LoadOptions, "nowMs">;
  readonly #kept = new Map<string, Kept>();
  /** Of files that cannot be used, by what was seen of them. */
  readonly #once: LogOnce;
  /** Schedules with a sidecar and no file, and since when, as `Clock.awakeMs`. */
  readonly #away = new Map<string, number>();
  #memory: InboxMemory = NO_MEMORY;
  #lastLookMs: number | null = null;

  constructor(supervisor: Supervisor, options: Omit<LoadOptions, "nowMs">) {
    this.#supervisor = supervisor;
    this.#once = new LogOnce(supervisor.context.log);
    this.#options = options;
  }

  /** Takes in what changed and fires what is due; gives when to look again, in ms, or null. Throws what the disk refuses. */
  tick(): number | null {
    const { clock } = this.#supervisor.context;
    const nowMs = clock.now();
    const isSetBack = this.#lastLookMs !== null && nowMs < this.#lastLookMs;
    let waitMs = this.#takeIn(nowMs);
    this.#lastLookMs = nowMs;
    for (const [name, kept] of this.#kept) {
      if (isSetBack) this.#goOn(name, kept, nowMs);
      if (isSetBack || (kept.nextMs !== null && kept.nextMs <= nowMs)) this.#fireDue(name, kept, nowMs);
      if (kept.nextMs === null) continue;
      waitMs = Math.min(waitMs ?? Number.POSITIVE_INFINITY, Math.max(0, kept.nextMs - nowMs));
    }
    return waitMs;
  }

  #takeIn(nowMs: number): number | null {
    const { layout } = this.#supervisor.context;
    const look = scanInbox(layout.schedules, { memory: this.#memory, nowMs });
    this.#memory = look.memory;
    const names = new Set<string>();
    let isWaiting = false;
    for (const { file, verdict, reason } of look.findings) {
      const path = layout.scheduleFile(file);
      const name = basename(file, extname(file));
      if (verdict === "wait") {
        names.add(name);
        // One whose time lies ahead never comes to rest for the inbox, which takes files away.
        if (!this.#isKnown(path, name)) isWaiting = true;
      } else if (verdict !== "take") this.#once.log(path, `${path} is left alone: ${reason}`, verdict);
      else if (names.has(name))
        this.#once.log(
          path,
          `${path} is left alone: there is another file for the schedule ${name}`,
          verdict,
        );
      else {
        names.add(name);
        this.#read(path, name, nowMs);
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

  #read(path: string, name: string, nowMs: number): void {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    const seen = seenOf(stat);
    if (this.#isKnown(path, name)) return;
    const loaded = loadSchedule({ path, name }, { ...this.#options, nowMs });
    if (!loaded.ok) {
      this.#kept.delete(name);
      const line = `${path} has faults, the schedule does not fire until they are mended\n\n${loaded.error}`;
      return this.#once.log(path, line, seen);
    }
    this.#once.forget(path);
    const { text, ...read } = loaded.value;
    const { layout, log } = this.#supervisor.context;
    const known = readScheduleState(layout, name);
    // Whoever lost the memory of what was fired must not fire it again.
    const changedMs =
      known === null && isScheduleStateCorrupt(layout, name) ? nowMs : Math.min(nowMs, stat.ctimeMs);
    const state = stateUnder(read.schedule, known, { uid: uuid(), changedMs });
    if (state !== known) writeScheduleState(layout, name, state);
    failpoint("schedule:known");
    const kept: Kept = { path, text, read, seen, state, nextMs: null };
    if (!this.#kept.has(name)) log(`the schedule ${name} is kept${read.schedule.isPaused ? ", paused" : ""}`);
    this.#kept.set(name, kept);
    this.#goOn(name, kept, nowMs);
    this.#fireDue(name, kept, nowMs);
  }

  /** A last firing far ahead was made under a wrong clock: the schedule begins anew. */
  #goOn(name: string, kept: Kept, nowMs: number): void {
    if (!isFromTheFuture(kept.state, nowMs)) return;
    const { layout, log } = this.#supervisor.context;
    log(`the schedule ${name} had fired for a time that is far ahead: it begins anew now`);
    const { lastFired: _wrong, ...state } = readScheduleState(layout, name) ?? kept.state;
    kept.state = { ...state, since: timestamp(nowMs) };
    writeScheduleState(layout, name, kept.state);
  }

  #fireDue(name: string, kept: Kept, nowMs: number): void {
    const { firings } = due(kept.read.schedule, kept.state, nowMs);
    for (const firing of firings) if (!this.#fire(name, kept, { firing, nowMs })) return;
    kept.nextMs = due(kept.read.schedule, kept.state, nowMs).nextMs;
  }

  /** False where the disk is in the way: it is due until it works again. */
  #fire(name: string, kept: Kept, { firing, nowMs }: { firing: Firing; nowMs: number }): boolean {
    const { layout, log } = this.#supervisor.context;
    const source = { path: kept.path, name };
    const options = { ...this.#options, nowMs };
    // Read anew, as its tasks may say `notBefore: 2h`.
    const read = parseSchedule(kept.text, source, options);
    const drafts = draftsOfSchedule(read.ok ? read.value : kept.read, source, options);
    const { uid } = kept.state;
    const fired = fire(this.#supervisor, { name, uid, firedForMs: firing.firedForMs }, drafts);
    if (!fired.ok) {
      kept.nextMs = nowMs;
      return false;
    }
    const firedFor = timestamp(firing.firedForMs);
    kept.state = stateAfter(kept.state, { firedFor, tasks: [] });
    const lateMs = nowMs - firing.atMs;
    const late = lateMs > ON_TIME_MS ? `, ${formatDuration(lateMs)} late` : "";
    log(`the schedule ${name} fired for ${firedFor}${late}`);
    if (fired.value.type !== "refused") return true;
    const { problem } = fired.value;
    log(`the schedule ${name} queued nothing: ${problem.message}`);
    const state = readScheduleState(layout, name) ?? kept.state;
    writeScheduleState(layout, name, stateAfter(state, { firedFor, tasks: [], problem: inFull(problem) }));
    return true;
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
      this.#away.set(name, awakeMs);
      log(`the schedule ${name} is gone`);
    }
    for (const [name, sinceMs] of this.#away) {
      if (!names.has(name) && awakeMs - sinceMs < MAX_AWAY_MS) continue;
      if (!names.has(name)) dropScheduleState(layout, name);
      this.#away.delete(name);
    }
  }
}

/** The time of the last change of the inode tells also of a write that kept size and time. */
function seenOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}
