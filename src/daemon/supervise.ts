import { earliest } from "../lib/earliest.ts";
import { describePause, type Pause } from "../plan/pause.ts";
import type { Plan } from "../plan/plan.ts";
import { homeGone } from "../store/fs-errors.ts";
import { dropOldReplies } from "../store/requests.ts";
import { GO_ON_MS, Publisher } from "./admit/publish.ts";
import { type Chore, every, notificationChore, runChores } from "./chore.ts";
import { recheckUnreadable } from "./commit/external-edit.ts";
import { act } from "./jobs/act.ts";
import { adoptLeft } from "./jobs/adopt.ts";
import { finishJobs } from "./jobs/finish.ts";
import { LogCaps } from "./jobs/log-caps.ts";
import { findMissedEnds } from "./jobs/missed-ends.ts";
import { LOOK_MS } from "./jobs/stop.ts";
import { hasLeft } from "./leave.ts";
import { PlanCache } from "./plan-cache.ts";
import { Mailbox } from "./requests/mailbox.ts";
import type { Supervisor } from "./supervisor.ts";

/** The longest sleep: what no event announced is found this much later. */
const MAX_SLEEP_MS = 2_000;
/** The same where nothing runs or waits for resources: there a look at the folders is all that a turn costs. */
const MAX_IDLE_SLEEP_MS = 5_000;
/** After a turn that took longer than this, events are collected for as long again, so that one turn handles all of them. */
const LONG_TURN_MS = 10;
const MAX_COLLECT_MS = 30;
/** Of so few jobs, events need not be collected. */
const FEW_JOBS = 32;
/** Cheap checks for what events may have missed are made this often. */
const CHECK_MS = 5_000;

/** What a loop does beside the queue, and when it ends. */
export interface Supervision {
  /** Looks for what is new at the beginning of a turn: the inboxes, the schedules. */
  readonly sources: readonly Chore[];
  /** Done at the end of a turn. */
  readonly background?: readonly Chore[];
  /** Asked once a turn; `isQuiet` is false while new tasks are about to come in. */
  readonly isDone: (supervisor: Supervisor, isQuiet: boolean) => boolean;
}

/**
 * Observes, plans and acts, until the work is done, the supervisor is asked to leave, or the lock is lost.
 *
 * A turn never waits: each chore does at most a slice of its work and says when it goes on. Between turns the loop sleeps until
 * the earliest of these times, or until something calls `nudge`. Callbacks (the end of a child, a new file, a delivery) only
 * record what happened and nudge; all decisions are made here. A crash at any point of a turn is what recovery is for: every
 * change of a record is durable before its effect (see `jobs/start.ts`), and every effect is found again from the files.
 */
export async function supervise(supervisor: Supervisor, supervision: Supervision): Promise<void> {
  const { clock, lock } = supervisor.context;
  const turns = new Turns(supervisor, supervision);
  while (lock.isHeld()) {
    const beganMs = clock.awakeMs();
    const observed = turns.observe();
    if (hasLeft(supervisor) || supervision.isDone(supervisor, observed.intakeInMs === null)) return;
    const plan = turns.plan(observed.isWritable);
    act(supervisor, plan.actions);
    const backgroundWaits = turns.runBackground();
    if (!turns.mustSignalAtOnce(plan))
      await turns.sleep(plan, { beganMs, waits: [...observed.waits, ...backgroundWaits] });
  }
  const { layout, log } = supervisor.context;
  const gone = homeGone(layout.home);
  log(`${gone === null ? "the lock was taken away by hand" : gone.message}: leaving, the jobs go on`);
}

/** What the first third of a turn found. */
interface Observed {
  /** When intake that has begun goes on, in ms; null where no new task is about to come in. */
  readonly intakeInMs: number | null;
  readonly isWritable: boolean;
  readonly waits: readonly (number | null)[];
}

/** The parts of a turn, with what they remember from one turn to the next. */
class Turns {
  readonly #supervisor: Supervisor;
  readonly #plans: PlanCache;
  readonly #sources: readonly Chore[];
  readonly #jobs: Chore;
  readonly #notices: Chore;
  readonly #background: readonly Chore[];
  readonly #logPause: (pause: Pause | null) => void;
  #hasSlept = false;
  #hasSignalledAtOnce = false;

  constructor(supervisor: Supervisor, { sources, background = [] }: Supervision) {
    const publisher = new Publisher(supervisor);
    const mailbox = new Mailbox(supervisor);
    const caps = new LogCaps(supervisor);
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
    this.#background = [
      every(CHECK_MS, supervisor.context.clock, {
        action: "check what events may have missed",
        work: () => checkMissed(supervisor),
      }),
      ...background,
      { action: "cut the logs", tick: () => caps.tick() },
    ];
    this.#logPause = pauseLog(supervisor);
  }

  /** Takes in what is new, and records what ended. */
  observe(): Observed {
    const supervisor = this.#supervisor;
    const isWritable = supervisor.committer.ensureWritable();
    const found = isWritable ? runChores(supervisor, this.#sources) : [];
    const intakeInMs = earliest(found.filter((_, index) => this.#sources[index]?.isIntake === true));
    const ended = runChores(supervisor, [this.#jobs]);
    const notices = supervisor.committer.ensureWritable() ? runChores(supervisor, [this.#notices]) : [];
    // The home may have come back within this turn: what was asked for meanwhile comes before all that could start.
    const againInMs = !isWritable && supervisor.committer.degraded === null ? 0 : null;
    return { intakeInMs, isWritable, waits: [...found, ...ended, ...notices, againInMs] };
  }

  /** What is to be done now; no claims where the home is degraded, starts are paused, or the supervisor leaves. */
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

  /** True where what was just told to stop is to be signalled without a sleep; never twice in a row. */
  mustSignalAtOnce({ actions }: Plan): boolean {
    this.#hasSignalledAtOnce = !this.#hasSignalledAtOnce && actions.some(({ type }) => type !== "claim");
    return this.#hasSignalledAtOnce;
  }

  /** Waits for the earliest of what is due, or a nudge. */
  async sleep(plan: Plan, turn: { beganMs: number; waits: readonly (number | null)[] }): Promise<void> {
    const supervisor = this.#supervisor;
    const afterActionsMs = plan.actions.length > 0 ? LOOK_MS : null;
    const dueInMs = earliest([...turn.waits, plan.wakeInMs, afterActionsMs, this.#startsPausedForMs()]);
    const mostMs = isIdle(supervisor, plan) ? MAX_IDLE_SLEEP_MS : MAX_SLEEP_MS;
    const sleepMs = Math.min(mostMs, dueInMs ?? mostMs);
    if (sleepMs === mostMs && !this.#hasSlept) {
      this.#hasSlept = true;
      collectGarbage();
    }
    const tookMs = supervisor.context.clock.awakeMs() - turn.beganMs;
    // Of hundreds of jobs that end at once, each would make a turn that looks at all of them.
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

/** A start leaves as much garbage as it keeps, the texts of all records; left alone, the collector would go over the queue again and again. */
function collectGarbage(): void {
  Bun.gc(true);
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
    // The load changes with each reading, and is one reason all the same.
    const reason = pause === null ? null : JSON.stringify([pause.type, "untilMs" in pause && pause.untilMs]);
    if (reason === logged) return;
    logged = reason;
    log(pause === null ? "jobs are started again" : describePause(pause, clock.now()));
  };
}
