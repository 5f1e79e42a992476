import type { Task } from "../model/task.ts";
import { describePause, type Pause } from "../plan/pause.ts";
import type { Plan } from "../plan/plan.ts";
import { dropOldReplies } from "../store/requests.ts";
import { onDisk } from "../store/trouble.ts";
import { act, stopChange } from "./act.ts";
import { adoptLeft } from "./adopt.ts";
import { finishJobs, LOOK_MS } from "./finish.ts";
import { lookAgain } from "./hand-edit.ts";
import type { Holder } from "./holder.ts";
import { GO_ON_MS, Incoming } from "./incoming.ts";
import { LogCaps } from "./log-caps.ts";
import { findMissedEnds } from "./missed-ends.ts";
import { Requests } from "./requests.ts";
import { StandingPlan } from "./standing-plan.ts";

/** The longest sleep: what an event failed to announce is found this much later. */
const MAX_PAUSE_MS = 2_000;
/** The same where nothing runs or waits for room: there each look at the folders is all that is spent. */
const MAX_IDLE_MS = 5_000;
/** After a turn that takes longer, what happens is let gather for as long again, so that the next sees to all of it. */
const LONG_TURN_MS = 10;
const MAX_GATHER_MS = 30;
/** Of so few jobs nothing needs to gather. */
const FEW_JOBS = 32;
/** Chores that cost a little are done this often. */
const CHORES_MS = 5_000;

/** What a loop does beside the queue, and when it ends. */
export interface Supervision {
  /** Looks for new work from outside; returns when to look again in ms, or null. */
  readonly intake: () => number | null;
  /** Fires what is due; returns when to look again in ms, or null. A drain does not wait for that. */
  readonly schedules?: () => number | null;
  /** Now and then: sees to it that events go on arriving. */
  readonly refresh?: () => void;
  /** A little of what is done now and then beside the queue; returns when to go on in ms, or null. */
  readonly aside?: () => number | null;
  /** Asked once a turn; `isQuiet` is false while something outside is about to be taken in. */
  readonly isDone: (holder: Holder, isQuiet: boolean) => boolean;
}

/** Observe, plan, act, at its own pace, until it is done or asked to leave. */
export async function supervise(holder: Holder, supervision: Supervision): Promise<void> {
  const { clock, lock } = holder.options;
  const planning = new StandingPlan(holder);
  const caps = new LogCaps(holder);
  const tellPause = pauseTeller(holder);
  const outside = new Outside(holder, supervision);
  let choresAtMs = clock.awakeMs() + CHORES_MS;
  let hasRested = false;
  let isAgain = false;
  while (lock.isHeld()) {
    const beganMs = clock.awakeMs();
    const observed = holder.canWrite() ? withDisk(holder, "take new work", () => outside.observe()) : null;
    const intakeInMs = observed?.intakeInMs ?? null;
    const finishInMs = withDisk(holder, "see to the jobs", () => finishJobs(holder));
    const noticesInMs = holder.canWrite()
      ? withDisk(holder, "see to the notices", () => seeToNotices(holder))
      : null;
    if (hasLeft(holder) || supervision.isDone(holder, intakeInMs === null)) return;
    const calmInMs = holder.calmUntilAwakeMs - clock.awakeMs();
    // Where the disk works again, what was asked for meanwhile comes before all that could start.
    const isClaiming = observed !== null && holder.leaving === null && holder.trouble === null;
    const planned = planning.look(isClaiming && calmInMs <= 0);
    tellPause(planned.pause);
    act(holder, planned.actions);
    if (clock.awakeMs() >= choresAtMs) {
      choresAtMs = clock.awakeMs() + CHORES_MS;
      withDisk(holder, "tidy up", () => doChores(holder, supervision));
    }
    const asideInMs =
      supervision.aside === undefined ? null : withDisk(holder, "clean up", supervision.aside);
    const capsInMs = withDisk(holder, "cut the logs", () => caps.look());
    const afterActionsMs = planned.actions.length > 0 ? LOOK_MS : null;
    // What was just told to stop is signalled at once; where that comes to nothing, not again and again.
    isAgain = !isAgain && planned.actions.some(({ type }) => type !== "claim");
    if (isAgain) continue;
    const waits = [
      intakeInMs,
      observed?.againInMs ?? null,
      finishInMs,
      noticesInMs,
      planned.wakeInMs,
      afterActionsMs,
      asideInMs,
      capsInMs,
      calmInMs > 0 ? calmInMs : null,
      observed === null && holder.trouble === null ? 0 : null,
    ].filter((ms) => ms !== null);
    const mostMs = isIdle(holder, planned) ? MAX_IDLE_MS : MAX_PAUSE_MS;
    const restMs = Math.min(mostMs, ...waits);
    if (restMs === mostMs && !hasRested) {
      hasRested = true;
      tidyMemory();
    }
    const tookMs = clock.awakeMs() - beganMs;
    // Of hundreds of jobs that end at once, each would make a turn that looks at all of them.
    // Where work goes on at once, they gather while that is done.
    if (tookMs > LONG_TURN_MS && holder.jobs.size > FEW_JOBS && restMs > GO_ON_MS)
      await Bun.sleep(Math.min(tookMs, MAX_GATHER_MS));
    await holder.pause(restMs);
  }
  holder.options.say("the lock was taken away by hand: leaving, the jobs go on");
}

function isIdle({ jobs, trouble, leaving }: Holder, { isWaiting }: Plan): boolean {
  return jobs.size === 0 && !isWaiting && trouble === null && leaving === null;
}

/**
 * A start leaves behind as much as it keeps: the texts of all records. The collector would find that by and by, going over
 * the whole queue again each time.
 */
function tidyMemory(): void {
  Bun.gc(true);
}

/** Does what touches the disk; what the system refuses there is trouble to sit out, and must not end the queue. */
function withDisk<T>(holder: Holder, action: string, work: () => T): T | null {
  const done = onDisk(action, work);
  if (done.ok) return done.value;
  holder.meet(done.error);
  return null;
}

function seeToNotices(holder: Holder): number | null {
  return holder.courier?.round((notes) => holder.note(notes)) ?? null;
}

/** A supervisor that ends because nothing is left waits at most so long for its last news to be taken. */
const LINGER_MS = 10_000;
/** The second try of a receiver that hiccups is waited for; one that is down is left to the next supervisor. */
const NEXT_TRY_MS = 1_000;

/** Lets the news of the last ends go out where the queue is worked off; whoever was told to leave does not wait. */
export async function deliverLastNews(holder: Holder, isHurried: () => boolean): Promise<void> {
  const { clock, lock } = holder.options;
  const untilMs = clock.awakeMs() + LINGER_MS;
  while (lock.isHeld() && holder.canWrite() && clock.awakeMs() < untilMs && !isHurried()) {
    if (holder.leaving !== null && holder.leaving !== "drain") return;
    withDisk(holder, "see to the notices", () => seeToNotices(holder));
    if (holder.courier?.isBusy(NEXT_TRY_MS) !== true) return;
    await holder.pause(LOOK_MS);
  }
}

/** Says once that work is waited for, and once that it goes on. */
function pauseTeller({ options: { say, clock } }: Holder): (pause: Pause | null) => void {
  let told: string | null = null;
  return (pause) => {
    // The load changes with each look, and is one reason all the same.
    const news = pause === null ? null : JSON.stringify([pause.type, "untilMs" in pause && pause.untilMs]);
    if (news === told) return;
    told = news;
    say(pause === null ? "goes on" : describePause(pause, clock.now()));
  };
}

function doChores(holder: Holder, supervision: Supervision): void {
  findMissedEnds(holder);
  adoptLeft(holder);
  // The journal may have a newer version of what cannot be read.
  if (holder.arrivals.unread.size === 0) holder.checkpointIfDue();
  supervision.refresh?.();
  dropOldReplies(holder.options.layout, holder.options.clock.now());
}

/** In ms from now, or null. */
interface Observed {
  /** When what was begun goes on, or is about to come. */
  readonly intakeInMs: number | null;
  /** When to look again for anything else. */
  readonly againInMs: number | null;
}

/** What comes from outside: new tasks and requests, and tasks whose time has come. */
class Outside {
  readonly #holder: Holder;
  readonly #supervision: Supervision;
  readonly #incoming: Incoming;
  readonly #requests: Requests;

  constructor(holder: Holder, supervision: Supervision) {
    this.#holder = holder;
    this.#supervision = supervision;
    this.#incoming = new Incoming(holder);
    this.#requests = new Requests(holder);
  }

  observe(): Observed {
    const holder = this.#holder;
    const { intake, schedules } = this.#supervision;
    const intakeInMs = withDisk(holder, "look into the inboxes", intake);
    const firingInMs = schedules === undefined ? null : withDisk(holder, "fire the schedules", schedules);
    const incomingInMs = withDisk(holder, "take in what was accepted", () => this.#incoming.look());
    const handEditInMs = lookAgain(holder);
    const requestsInMs = withDisk(holder, "see to the requests", () => this.#requests.see());
    return {
      intakeInMs: least([intakeInMs, incomingInMs, requestsInMs]),
      againInMs: least([firingInMs, this.#incoming.retryInMs, handEditInMs]),
    };
  }
}

function least(waits: readonly (number | null)[]): number | null {
  const known = waits.filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** True once a holder that was asked to leave may; what it must do first is begun here. */
function hasLeft(holder: Holder): boolean {
  switch (holder.leaving) {
    case null:
      return false;
    case "leave":
    case "handOver":
      return true;
    case "drain":
      return holder.jobs.size === 0;
    case "stop":
      holder.commit(holder.active.filter(isUnstopped).map((task) => shutdown(holder, task)));
      finishJobs(holder);
      return holder.jobs.size === 0;
  }
}

function isUnstopped(task: Task): boolean {
  const last = task.status.attempts.at(-1);
  return last?.state === "running" && last.stop === undefined;
}

function shutdown(holder: Holder, task: Task): ReturnType<typeof stopChange> {
  const { actor } = holder.options;
  return stopChange(holder, task, { reason: "Shutdown", graceMs: task.spec.stopGraceMs, actor });
}
