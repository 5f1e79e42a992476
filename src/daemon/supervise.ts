import { earliest } from "../lib/earliest.ts";
import { describePause, type Pause } from "../plan/pause.ts";
import type { Plan } from "../plan/plan.ts";
import { homeGone } from "../store/fs-errors.ts";
import { dropOldReplies } from "../store/requests.ts";
import { GO_ON_MS, Publisher } from "./admit/publish.ts";
import { type Chore, every, notificationChore, runChores } from "./chore.ts";
import { DamagedRecords } from "./commit/damaged-records.ts";
import { recheckUnreadable } from "./commit/external-edit.ts";
import { act } from "./jobs/act.ts";
import { adoptLeft } from "./jobs/adopt.ts";
import { finishJobs } from "./jobs/finish.ts";
import { LogCaps } from "./jobs/log-caps.ts";
import { findMissedEnds } from "./jobs/missed-ends.ts";
import { LOOK_MS } from "./jobs/stop.ts";
import { TopicFeeds } from "./jobs/topic-feeds.ts";
import { hasLeft } from "./leave.ts";
import { PlanCache } from "./plan-cache.ts";
import { Mailbox } from "./requests/mailbox.ts";
import type { Supervisor } from "./supervisor.ts";

/** The longest sleep: changes without an event are found after this time. */
const MAX_SLEEP_MS = 2_000;
/** The longest sleep where no job runs and none waits for resources. */
const MAX_IDLE_SLEEP_MS = 5_000;
/** After a turn longer than this, the loop sleeps as long again, so that one turn handles the events that come meanwhile. */
const LONG_TURN_MS = 10;
const MAX_COLLECT_MS = 30;
/** With no more jobs than this, it does not. */
const FEW_JOBS = 32;
/** Cheap checks for missed events are made this often. */
const CHECK_MS = 5_000;

/** The chores of a loop besides those of every loop, and when it ends. */
export interface Supervision {
  /** Run at the beginning of a turn: the inboxes, the schedules. */
  readonly sources: readonly Chore[];
  /** Run at the end of a turn. */
  readonly background?: readonly Chore[];
  /** Asked once a turn; `isQuiet` is false while new tasks are about to come in, or may be: a degraded home takes none in. */
  readonly isDone: (supervisor: Supervisor, isQuiet: boolean) => boolean;
}

/**
 * Observes, plans and acts, until the work is done, the supervisor is asked to leave, or the lock is lost.
 *
 * A turn never waits: each chore does at most a slice of its work and says when it goes on. Between turns the loop sleeps until
 * the earliest of these times, or until something calls `nudge`. Callbacks (the end of a child, a new file, a delivery) only
 * record what happened and nudge; all decisions are made here. A crash at any point of a turn loses nothing: every change of a
 * record is durable before its effect (see `jobs/start.ts`), and recovery finds every effect again from the files.
 */
export async function supervise(supervisor: Supervisor, supervision: Supervision): Promise<void> {
  const { clock, lock } = supervisor.context;
  const turns = new Turns(supervisor, supervision);
  while (lock.isHeld()) {
    const beganMs = clock.awakeMs();
    const observed = turns.observe();
    if (
      hasLeft(supervisor) ||
      supervision.isDone(supervisor, observed.isWritable && observed.intakeInMs === null)
    )
      return turns.leave();
    const plan = turns.plan(observed.isWritable);
    act(supervisor, plan.actions);
    const backgroundWaits = turns.runBackground();
    // The home became writable in this turn: the next turn serves the requests before it starts any job.
    const againInMs = !observed.isWritable && supervisor.committer.degraded === null ? 0 : null;
    if (!turns.mustSignalAtOnce(plan))
      await turns.sleep(plan, { beganMs, waits: [...observed.waits, ...backgroundWaits, againInMs] });
  }
  const { layout, log } = supervisor.context;
  const gone = homeGone(layout.home);
  log(`${gone === null ? "the lock was removed by hand" : gone.message}: exiting, jobs keep running`);
}

/** The result of the first part of a turn. */
interface Observed {
  /** In how many ms unfinished intake goes on; null where no new task is about to come in. */
  readonly intakeInMs: number | null;
  readonly isWritable: boolean;
  readonly waits: readonly (number | null)[];
}

/** The parts of a turn, with their state between turns. */
class Turns {
  readonly #supervisor: Supervisor;
  readonly #plans: PlanCache;
  readonly #sources: readonly Chore[];
  readonly #jobs: Chore;
  readonly #notices: Chore;
  readonly #background: readonly Chore[];
  readonly #damaged: Chore;
  readonly #logPause: (pause: Pause | null) => void;
  #hasSlept = false;
  #hasSignalledAtOnce = false;

  constructor(supervisor: Supervisor, { sources, background = [] }: Supervision) {
    const publisher = new Publisher(supervisor);
    const mailbox = new Mailbox(supervisor);
    const caps = new LogCaps(supervisor);
    const feeds = new TopicFeeds(supervisor);
    this.#supervisor = supervisor;
    this.#plans = new PlanCache(supervisor);
    this.#sources = [
      ...sources,
      { action: "publish what was accepted", tick: () => publisher.runSlice(), isIntake: true },
      { action: "read edited records", tick: () => recheckUnreadable(supervisor) },
      { action: "carry out the requests", tick: () => mailbox.runSlice(), isIntake: true },
      { action: "publish what was refused before", tick: () => publisher.retryInMs },
    ];
    this.#jobs = { action: "record the ends of jobs", tick: () => finishJobs(supervisor) };
    this.#notices = notificationChore(supervisor);
    const records = new DamagedRecords(supervisor);
    const action = "write damaged records again";
    this.#damaged = { action, tick: () => records.repair(Number.POSITIVE_INFINITY) };
    this.#background = [
      every(CHECK_MS, supervisor.context.clock, { action, work: () => records.repair() }),
      every(CHECK_MS, supervisor.context.clock, {
        action: "check what events may have missed",
        work: () => checkMissed(supervisor),
      }),
      ...background,
      { action: "cut the logs", tick: () => caps.tick() },
      { action: "feed the topics", tick: () => feeds.tick() },
    ];
    this.#logPause = pauseLog(supervisor);
  }

  /** Accepts what is new, and records the ends of jobs. */
  observe(): Observed {
    const supervisor = this.#supervisor;
    const isWritable = supervisor.committer.ensureWritable();
    const found = isWritable ? runChores(supervisor, this.#sources) : [];
    const intakeInMs = earliest(found.filter((_, index) => this.#sources[index]?.isIntake === true));
    const ended = runChores(supervisor, [this.#jobs]);
    const notices = supervisor.committer.ensureWritable() ? runChores(supervisor, [this.#notices]) : [];
    return { intakeInMs, isWritable, waits: [...found, ...ended, ...notices] };
  }

  /** The plan for now, without claims where the home is degraded, starts are paused, or the supervisor leaves. */
  plan(isWritable: boolean): Plan {
    const { committer, leaving } = this.#supervisor;
    const mayClaim = isWritable && leaving === null && committer.degraded === null;
    const plan = this.#plans.current(mayClaim && this.#startsPausedForMs() === null);
    this.#logPause(plan.pause);
    return plan;
  }

  runBackground(): (number | null)[] {
    return runChores(this.#supervisor, this.#background);
  }

  /** Leaves every job on record: the next supervisor knows no more than the records. */
  leave(): void {
    runChores(this.#supervisor, [this.#damaged]);
  }

  /** True where the plan stopped jobs: the next turn sends their signals without a sleep. Never twice in a row. */
  mustSignalAtOnce({ actions }: Plan): boolean {
    this.#hasSignalledAtOnce = !this.#hasSignalledAtOnce && actions.some(({ type }) => type !== "claim");
    return this.#hasSignalledAtOnce;
  }

  /** Sleeps until the earliest chore is due, or a nudge. */
  async sleep(plan: Plan, turn: { beganMs: number; waits: readonly (number | null)[] }): Promise<void> {
    const supervisor = this.#supervisor;
    const afterActionsMs = plan.actions.length > 0 ? LOOK_MS : null;
    const dueInMs = earliest([...turn.waits, plan.wakeInMs, afterActionsMs, this.#startsPausedForMs()]);
    const mostMs = isIdle(supervisor, plan) ? MAX_IDLE_SLEEP_MS : MAX_SLEEP_MS;
    const sleepMs = Math.min(mostMs, dueInMs ?? mostMs);
    if (sleepMs === mostMs && !this.#hasSlept) {
      this.#hasSlept = true;
      // Reading all records leaves garbage of the size of the queue: collected once here, instead of in many passes over the heap later.
      Bun.gc(true);
    }
    const tookMs = supervisor.context.clock.awakeMs() - turn.beganMs;
    // Otherwise each of hundreds of jobs that end at once would cause a turn that checks all of them.
    if (tookMs > LONG_TURN_MS && supervisor.jobs.size > FEW_JOBS && sleepMs > GO_ON_MS)
      await Bun.sleep(Math.min(tookMs, MAX_COLLECT_MS));
    await supervisor.waitForWakeup(sleepMs);
  }

  #startsPausedForMs(): number | null {
    const { context, starts } = this.#supervisor;
    const leftMs = starts.pausedUntilMs - context.clock.awakeMs();
    return leftMs > 0 ? leftMs : null;
  }
}

function isIdle({ jobs, committer, leaving }: Supervisor, { isWaiting }: Plan): boolean {
  return jobs.size === 0 && !isWaiting && committer.degraded === null && leaving === null;
}

function checkMissed(supervisor: Supervisor): void {
  const { committer, context, queue } = supervisor;
  findMissedEnds(supervisor);
  adoptLeft(supervisor);
  // The journal may have a newer version of a record that cannot be read.
  if (queue.arrivals.unread.size === 0) committer.checkpointIfDue();
  dropOldReplies(context.layout, context.clock.now());
}

/** Logs once that jobs wait for a time or a condition, and once that they start again. */
function pauseLog({ context: { log, clock } }: Supervisor): (pause: Pause | null) => void {
  let logged: string | null = null;
  return (pause) => {
    // A pause by a person is logged when it begins and ends; see `requests/override.ts`.
    if (pause?.type === "paused") return;
    // Without the load, which differs each time it is read.
    const reason = pause === null ? null : JSON.stringify([pause.type, "untilMs" in pause && pause.untilMs]);
    if (reason === logged) return;
    logged = reason;
    log(pause === null ? "starting tasks again" : describePause(pause, clock.now()));
  };
}
