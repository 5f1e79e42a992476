import { problem } from "../model/errors.ts";
import type { Answer, Request } from "../model/request.ts";
import type { Task } from "../model/task.ts";
import { describePause, type Pause } from "../plan/pause.ts";
import type { Plan } from "../plan/plan.ts";
import type { Finding } from "../store/quarantine.ts";
import { answerRequest, dropOldReplies, pendingRequests } from "../store/requests.ts";
import { onDisk } from "../store/trouble.ts";
import { act, stopChange } from "./act.ts";
import { goOn } from "./cleaning.ts";
import { finishJobs, LOOK_MS } from "./finish.ts";
import { lookAgain } from "./hand-edit.ts";
import type { Holder } from "./holder.ts";
import { takeIncoming } from "./incoming.ts";
import { LogCaps } from "./log-caps.ts";
import { findMissedEnds } from "./missed-ends.ts";
import { cleaningFor, operate } from "./operations.ts";
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
/** Between two steps of what somebody waits for, so that the ends of jobs are heard of. */
const GO_ON_MS = 1;
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
  let choresAtMs = clock.awakeMs() + CHORES_MS;
  let hasRested = false;
  let isAgain = false;
  while (lock.isHeld()) {
    const beganMs = clock.awakeMs();
    const observed = holder.canWrite()
      ? withDisk(holder, "take new work", () => observe(holder, supervision))
      : null;
    const intakeInMs = observed?.intakeInMs ?? null;
    const finishInMs = withDisk(holder, "see to the jobs", () => finishJobs(holder));
    const noticesInMs = holder.canWrite()
      ? withDisk(holder, "see to the notices", () => seeToNotices(holder))
      : null;
    if (hasLeft(holder) || supervision.isDone(holder, intakeInMs === null)) return;
    const calmInMs = holder.calmUntilAwakeMs - clock.awakeMs();
    const planned = planning.look(holder.leaving === null && holder.trouble === null && calmInMs <= 0);
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
      observed?.firingInMs ?? null,
      observed?.againInMs ?? null,
      finishInMs,
      noticesInMs,
      planned.wakeInMs,
      afterActionsMs,
      asideInMs,
      capsInMs,
      calmInMs > 0 ? calmInMs : null,
    ].filter((ms) => ms !== null);
    const mostMs = isIdle(holder, planned) ? MAX_IDLE_MS : MAX_PAUSE_MS;
    const restMs = Math.min(mostMs, ...waits);
    if (restMs === mostMs && !hasRested) {
      hasRested = true;
      tidyMemory();
    }
    const tookMs = clock.awakeMs() - beganMs;
    // Of hundreds of jobs that end at once, each would make a turn that looks at all of them.
    if (tookMs > LONG_TURN_MS && holder.jobs.size > FEW_JOBS)
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
  holder.checkpointIfDue();
  supervision.refresh?.();
  dropOldReplies(holder.options.layout, holder.options.clock.now());
}

/** In ms from now, or null. */
interface Observed {
  readonly intakeInMs: number | null;
  readonly firingInMs: number | null;
  readonly againInMs: number | null;
}

/** New tasks and requests from other processes, and tasks whose time has come. */
function observe(holder: Holder, { intake, schedules }: Supervision): Observed {
  const { layout } = holder.options;
  const intakeInMs = intake();
  const firingInMs = schedules === undefined ? null : withDisk(holder, "fire the schedules", schedules);
  takeIncoming(holder);
  let againInMs = lookAgain(holder);
  const findings: Finding[] = [];
  const requests = pendingRequests(layout, findings);
  for (const { path, what } of findings) holder.options.say(`${path}: ${what}`);
  // Withdrawn, or removed by hand.
  for (const id of holder.cleanings.keys())
    if (!requests.some((request) => request.id === id)) holder.cleanings.delete(id);
  for (const request of requests) {
    const answers = holder.untold.get(request.id) ?? answersTo(holder, request);
    if (answers === null) {
      againInMs = GO_ON_MS;
      continue;
    }
    const isDone = answers.every((answer) => answer.problem === undefined);
    // Where the disk takes no reply, or not all of what was done, it is told later, and not done again.
    if (isDone) holder.untold.set(request.id, answers);
    if (isDone && holder.trouble !== null) break;
    answerRequest(layout, { id: request.id, answers });
    holder.untold.delete(request.id);
    // Not on top of what the disk refused.
    if (holder.trouble !== null) break;
  }
  return { intakeInMs, firingInMs, againInMs };
}

/**
 * Null while there is more to do. A request that meets a bug is answered too: left unanswered, it would meet every supervisor
 * to come.
 */
function answersTo(holder: Holder, request: Request): Answer[] | null {
  const { id, operation, actor } = request;
  try {
    if (operation.verb !== "clean") return operate(holder, request);
    const steps = holder.cleanings.get(id) ?? cleaningFor(holder, operation, actor);
    const answers = goOn(steps, holder.options.clock);
    if (answers === null) holder.cleanings.set(id, steps);
    else holder.cleanings.delete(id);
    return answers;
  } catch (error) {
    holder.cleanings.delete(id);
    const message = `Internal error while it was carried out: ${error instanceof Error ? error.message : String(error)}`;
    holder.options.say(`${operation.verb}: ${error instanceof Error ? (error.stack ?? message) : message}`);
    return [{ id: operation.verb, problem: problem("INTERNAL", message) }];
  }
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
