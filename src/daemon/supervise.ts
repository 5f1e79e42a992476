import { least } from "../lib/least.ts";
import type { Task } from "../model/task.ts";
import { describePause, type Pause } from "../plan/pause.ts";
import type { Plan } from "../plan/plan.ts";
import { homeGone, tryFs } from "../store/fs-errors.ts";
import { dropOldReplies } from "../store/requests.ts";
import { GO_ON_MS, Publisher } from "./admit/publish.ts";
import { act, stopChange } from "./jobs/act.ts";
import { adoptLeft } from "./jobs/adopt.ts";
import { finishJobs } from "./jobs/finish.ts";
import { LogCaps } from "./jobs/log-caps.ts";
import { findMissedEnds } from "./jobs/missed-ends.ts";
import { LOOK_MS } from "./jobs/stop.ts";
import { Mailbox } from "./requests/mailbox.ts";
import { recheckUnreadable } from "./state/external-edit.ts";
import { PlanCache } from "./state/plan-cache.ts";
import type { Supervisor } from "./supervisor.ts";

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
  readonly backgroundStep?: () => number | null;
  /** Asked once a turn; `isQuiet` is false while something outside is about to be taken in. */
  readonly isDone: (supervisor: Supervisor, isQuiet: boolean) => boolean;
}

/** Observe, plan, act, at its own pace, until it is done or asked to leave. */
export async function supervise(supervisor: Supervisor, supervision: Supervision): Promise<void> {
  const { clock, lock } = supervisor.context;
  const planning = new PlanCache(supervisor);
  const caps = new LogCaps(supervisor);
  const tellPause = pauseTeller(supervisor);
  const outside = new Outside(supervisor, supervision);
  let choresAtMs = clock.awakeMs() + CHORES_MS;
  let hasRested = false;
  let isAgain = false;
  while (lock.isHeld()) {
    const beganMs = clock.awakeMs();
    const observed = supervisor.committer.ensureWritable()
      ? withDisk(supervisor, "take new work", () => outside.observe())
      : null;
    const intakeInMs = observed?.intakeInMs ?? null;
    const finishInMs = withDisk(supervisor, "see to the jobs", () => finishJobs(supervisor));
    const noticesInMs = supervisor.committer.ensureWritable()
      ? withDisk(supervisor, "see to the notices", () => seeToNotices(supervisor))
      : null;
    if (hasLeft(supervisor) || supervision.isDone(supervisor, intakeInMs === null)) return;
    const pausedForMs = supervisor.starts.pausedUntilMs - clock.awakeMs();
    // Where the disk works again, what was asked for meanwhile comes before all that could start.
    const isClaiming =
      observed !== null && supervisor.leaving === null && supervisor.committer.degraded === null;
    const planned = planning.current(isClaiming && pausedForMs <= 0);
    tellPause(planned.pause);
    act(supervisor, planned.actions);
    if (clock.awakeMs() >= choresAtMs) {
      choresAtMs = clock.awakeMs() + CHORES_MS;
      withDisk(supervisor, "tidy up", () => doChores(supervisor, supervision));
    }
    const asideInMs =
      supervision.backgroundStep === undefined
        ? null
        : withDisk(supervisor, "clean up", supervision.backgroundStep);
    const capsInMs = withDisk(supervisor, "cut the logs", () => caps.look());
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
      pausedForMs > 0 ? pausedForMs : null,
      observed === null && supervisor.committer.degraded === null ? 0 : null,
    ].filter((ms) => ms !== null);
    const mostMs = isIdle(supervisor, planned) ? MAX_IDLE_MS : MAX_PAUSE_MS;
    const restMs = Math.min(mostMs, ...waits);
    if (restMs === mostMs && !hasRested) {
      hasRested = true;
      tidyMemory();
    }
    const tookMs = clock.awakeMs() - beganMs;
    // Of hundreds of jobs that end at once, each would make a turn that looks at all of them.
    // Where work goes on at once, they gather while that is done.
    if (tookMs > LONG_TURN_MS && supervisor.jobs.size > FEW_JOBS && restMs > GO_ON_MS)
      await Bun.sleep(Math.min(tookMs, MAX_GATHER_MS));
    await supervisor.waitForWakeup(restMs);
  }
  const { layout, log } = supervisor.context;
  const gone = homeGone(layout.home);
  log(`${gone === null ? "the lock was taken away by hand" : gone.message}: leaving, the jobs go on`);
}

function isIdle({ jobs, committer, leaving }: Supervisor, { isWaiting }: Plan): boolean {
  return jobs.size === 0 && !isWaiting && committer.degraded === null && leaving === null;
}

/**
 * A start leaves behind as much as it keeps: the texts of all records. The collector would find that by and by, going over
 * the whole queue again each time.
 */
function tidyMemory(): void {
  Bun.gc(true);
}

/** Does what touches the disk; what the system refuses there is trouble to sit out, and must not end the queue. */
function withDisk<T>(supervisor: Supervisor, action: string, work: () => T): T | null {
  const done = tryFs(action, work);
  if (done.ok) return done.value;
  supervisor.committer.enterDegraded(done.error);
  return null;
}

function seeToNotices(supervisor: Supervisor): number | null {
  return supervisor.committer.notifications?.dispatch((notes) => supervisor.committer.audit(notes)) ?? null;
}

/** A supervisor that ends because nothing is left waits at most so long for its last news to be taken. */
const LINGER_MS = 10_000;
/** The second try of a receiver that hiccups is waited for; one that is down is left to the next supervisor. */
const NEXT_TRY_MS = 1_000;

/** Lets the news of the last ends go out where the queue is worked off; whoever was told to leave does not wait. */
export async function deliverLastNews(supervisor: Supervisor, isHurried: () => boolean): Promise<void> {
  const { clock, lock } = supervisor.context;
  const untilMs = clock.awakeMs() + LINGER_MS;
  while (
    lock.isHeld() &&
    supervisor.committer.ensureWritable() &&
    clock.awakeMs() < untilMs &&
    !isHurried()
  ) {
    if (supervisor.leaving !== null && supervisor.leaving !== "drain") return;
    withDisk(supervisor, "see to the notices", () => seeToNotices(supervisor));
    if (supervisor.committer.notifications?.isBusy(NEXT_TRY_MS) !== true) return;
    await supervisor.waitForWakeup(LOOK_MS);
  }
}

/** Says once that work is waited for, and once that it goes on. */
function pauseTeller({ context: { log, clock } }: Supervisor): (pause: Pause | null) => void {
  let told: string | null = null;
  return (pause) => {
    // The load changes with each look, and is one reason all the same.
    const news = pause === null ? null : JSON.stringify([pause.type, "untilMs" in pause && pause.untilMs]);
    if (news === told) return;
    told = news;
    log(pause === null ? "goes on" : describePause(pause, clock.now()));
  };
}

function doChores(supervisor: Supervisor, supervision: Supervision): void {
  findMissedEnds(supervisor);
  adoptLeft(supervisor);
  // The journal may have a newer version of what cannot be read.
  if (supervisor.queue.arrivals.unread.size === 0) supervisor.committer.checkpointIfDue();
  supervision.refresh?.();
  dropOldReplies(supervisor.context.layout, supervisor.context.clock.now());
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
  readonly #supervisor: Supervisor;
  readonly #supervision: Supervision;
  readonly #incoming: Publisher;
  readonly #requests: Mailbox;

  constructor(supervisor: Supervisor, supervision: Supervision) {
    this.#supervisor = supervisor;
    this.#supervision = supervision;
    this.#incoming = new Publisher(supervisor);
    this.#requests = new Mailbox(supervisor);
  }

  observe(): Observed {
    const supervisor = this.#supervisor;
    const { intake, schedules } = this.#supervision;
    const intakeInMs = withDisk(supervisor, "look into the inboxes", intake);
    const firingInMs = schedules === undefined ? null : withDisk(supervisor, "fire the schedules", schedules);
    const incomingInMs = withDisk(supervisor, "take in what was accepted", () => this.#incoming.runSlice());
    const handEditInMs = recheckUnreadable(supervisor);
    const requestsInMs = withDisk(supervisor, "see to the requests", () => this.#requests.runSlice());
    return {
      intakeInMs: least([intakeInMs, incomingInMs, requestsInMs]),
      againInMs: least([firingInMs, this.#incoming.retryInMs, handEditInMs]),
    };
  }
}

/** True once a holder that was asked to leave may; what it must do first is begun here. */
function hasLeft(supervisor: Supervisor): boolean {
  switch (supervisor.leaving) {
    case null:
      return false;
    case "leave":
    case "handOver":
      return true;
    case "drain":
      return supervisor.jobs.size === 0;
    case "stop":
      supervisor.committer.commit(
        supervisor.queue.active.filter(isUnstopped).map((task) => shutdown(supervisor, task)),
      );
      finishJobs(supervisor);
      return supervisor.jobs.size === 0;
  }
}

function isUnstopped(task: Task): boolean {
  const last = task.status.attempts.at(-1);
  return last?.state === "running" && last.stop === undefined;
}

function shutdown(supervisor: Supervisor, task: Task): ReturnType<typeof stopChange> {
  const { actor } = supervisor.context;
  return stopChange(supervisor, task, { reason: "Shutdown", graceMs: task.spec.stopGraceMs, actor });
}
