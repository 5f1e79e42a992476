import { timestamp } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/duration.ts";
import { earliest } from "../../lib/earliest.ts";
import { isStopped } from "../../lib/host.ts";
import type { StopIntent } from "../../model/attempt.ts";
import { answering, stopping, withService } from "../../model/lifecycle.ts";
import {
  DEFAULT_READY_MS,
  healthProbe,
  portNamed,
  readyProbe,
  type ServiceProbe,
  type ServiceSpec,
} from "../../model/service.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import { LogSearch } from "../../run/log-search.ts";
import { outputFiles } from "../../run/output.ts";
import { type ProbeAnswer, probe } from "../../run/probe.ts";
import type { Change } from "../../store/writer.ts";
import type { Supervisor } from "../supervisor.ts";
import { stopChange } from "./act.ts";
import { endOf, type Job, lastSignal, readMain } from "./job.ts";
import type { TaskJob } from "./runners/runner.ts";
import { maskOfJob } from "./secrets.ts";
import { tokenIn } from "./service-start.ts";
import { hasTold } from "./service-told.ts";
import { lookAtUse } from "./service-use.ts";
import { newWatch, type ServiceWatch } from "./serving-state.ts";
import { strangerOn } from "./stolen-port.ts";

/*
 * The life of services: running → serving once one answers, → stopping once it was asked to end. What asks it to end is a stop on record,
 * like that of any job: its `ttl`, its `idle`, no answer in time, no answer any more, or a user. Questions are asked beside the loop, and
 * their answers wake it. Times count from the record, so the next supervisor goes on with them.
 *
 * Order for a service: the record says `serving` before anything counts from then; a stop is on record before the first signal, and
 * `stopping` after it. A crash between two of these repeats the later one.
 */

/** How often a service that starts is asked. */
const ASK_MS = 1_000;
const ANSWER_MS = 5_000;
/** Use is on record to this precision. */
const USE_NOTED_MS = 60_000;

/** Follows the services among running jobs: the changes to write, and in how many ms to look again, or null. */
export function followServices(
  supervisor: Supervisor,
  jobs: readonly TaskJob[],
): { readonly changes: readonly Change[]; readonly checkInMs: number | null } {
  const changes: Change[] = [];
  const waits: (number | null)[] = [];
  for (const { task, job } of jobs) {
    if (task.spec.service === undefined || task.status.state === "preparing") continue;
    const found = follow(supervisor, { task, job, of: task.spec.service });
    if (found.change !== null) changes.push(found.change);
    waits.push(found.checkInMs);
  }
  return { changes, checkInMs: earliest(waits) };
}

interface Followed {
  readonly change: Change | null;
  readonly checkInMs: number | null;
}

interface ServiceJob {
  readonly task: Task;
  readonly job: Job;
  readonly of: ServiceSpec;
}

function follow(supervisor: Supervisor, { task, job, of }: ServiceJob): Followed {
  const open = openAttempt(task);
  if (open === null) return { change: null, checkInMs: null };
  job.serving ??= newWatch();
  if (open.stop !== undefined) {
    const isToldNow = lastSignal(job) !== null && task.status.state !== "stopping";
    const change = isToldNow
      ? { before: task, after: stopping(task), actor: supervisor.context.actor }
      : null;
    return { change, checkInMs: null };
  }
  if (open.paused !== undefined || endOf(job) !== null) return { change: null, checkInMs: null };
  return task.status.state === "serving"
    ? whileServing(supervisor, { task, job, of })
    : untilReady(supervisor, { task, job, of });
}

/** Ends a service, for a reason that is its own. */
function end(supervisor: Supervisor, task: Task, why: Pick<StopIntent, "reason" | "said">): Followed {
  return { change: stopChange(supervisor, task, { ...why, actor: "stint" }), checkInMs: 0 };
}

function untilReady(supervisor: Supervisor, { task, job, of }: ServiceJob): Followed {
  const { clock } = supervisor.context;
  const nowMs = clock.awakeMs();
  const { startedAwakeMs = job.startedAwakeMs, pausedMs = 0 } = openAttempt(task) ?? {};
  const state = stateOf(job);
  const answer = isReady(supervisor, { task, job, of });
  if (answer?.ok === true) {
    const stranger = strangerOn(supervisor, { task, job });
    if (stranger !== null) return end(supervisor, task, { reason: "NotReady", said: stranger });
    return { change: servingChange(supervisor, { task, job }), checkInMs: 0 };
  }
  if (answer !== null) state.said = answer.said;
  const withinMs = of.ready?.withinMs ?? DEFAULT_READY_MS;
  const leftMs = startedAwakeMs + pausedMs + withinMs - nowMs;
  if (leftMs > 0) return { change: null, checkInMs: Math.min(leftMs, Math.max(1, state.askAtMs - nowMs)) };
  const said = `not ready within ${formatDuration(withinMs)}: ${masked(supervisor, { task, job }, state.said)}`;
  return end(supervisor, task, { reason: "NotReady", said });
}

function servingChange(supervisor: Supervisor, { task, job }: TaskJob): Change {
  const { clock, actor } = supervisor.context;
  const told = hasTold(supervisor, { task, job })?.url;
  job.serving = newWatch();
  const after = answering(task, {
    readyAt: timestamp(clock.now()),
    readyAwakeMs: clock.awakeMs(),
    ...(told !== undefined && { url: told }),
  });
  return { before: task, after, actor };
}

function masked({ context }: Supervisor, of: TaskJob, text: string): string {
  return maskOfJob(context, of).text(text);
}

function stateOf(job: Job): ServiceWatch {
  return (job.serving ??= newWatch());
}

/** Whether a service that starts answers; null where the question is under way or not due. */
function isReady(supervisor: Supervisor, { task, job, of }: ServiceJob): ProbeAnswer | null {
  const how = readyProbe(of);
  const state = stateOf(job);
  const nowMs = supervisor.context.clock.awakeMs();
  if (how === null) return { ok: true };
  if (how.type === "http" || how.type === "tcp")
    return asked(supervisor, { task, job, how, everyMs: ASK_MS, timeoutMs: ANSWER_MS });
  if (nowMs < state.askAtMs) return null;
  state.askAtMs = nowMs + ASK_MS;
  if (how.type === "event")
    return hasTold(supervisor, { task, job }) === null
      ? { ok: false, said: "it has not told that it is ready (stint emit ready)" }
      : { ok: true };
  state.searches ??= outputFiles(job.directory, task.spec.logs.separate).map(
    (path) => new LogSearch(path, how.text),
  );
  // Each is read on, also where another one has found it.
  const found = state.searches.map((one) => one.look());
  return found.includes(true) ? { ok: true } : { ok: false, said: `no line of its log has ${how.text}` };
}

interface Asking extends TaskJob {
  readonly how: Extract<ServiceProbe, { type: "http" | "tcp" }>;
  readonly everyMs: number;
  readonly timeoutMs: number;
}

/** The answer to the last question, once; asks the next one when it is due. */
function asked(supervisor: Supervisor, { task, job, how, everyMs, timeoutMs }: Asking): ProbeAnswer | null {
  const state = stateOf(job);
  const { answer } = state;
  state.answer = null;
  const nowMs = supervisor.context.clock.awakeMs();
  if (state.isAsking || nowMs < state.askAtMs || answer?.ok === true) return answer;
  const port = portNamed(openAttempt(task)?.service?.ports ?? {}, how.port);
  if (port === undefined) return { ok: false, said: "it has no such port" };
  state.isAsking = true;
  state.askAtMs = nowMs + everyMs;
  const token = task.spec.service?.token === undefined ? undefined : tokenIn(job.directory);
  const http = how.type === "http" ? how.path : null;
  void probe({ port, http, accepts: "success", token, timeoutMs }).then((said) => {
    state.isAsking = false;
    state.answer = said;
    supervisor.nudge();
  });
  return answer;
}

function whileServing(supervisor: Supervisor, { task, job, of }: ServiceJob): Followed {
  const { clock } = supervisor.context;
  const nowMs = clock.awakeMs();
  const { readyAwakeMs = nowMs, lastUsedAwakeMs = readyAwakeMs } = openAttempt(task)?.service ?? {};
  const waits: (number | null)[] = [];
  if (of.ttlMs !== undefined) {
    const leftMs = readyAwakeMs + of.ttlMs - nowMs;
    if (leftMs <= 0) return end(supervisor, task, { reason: "Ttl" });
    waits.push(leftMs);
  }
  const sick = healthOf(supervisor, { task, job, of });
  if (sick !== null) return end(supervisor, task, { reason: "Unhealthy", said: sick });
  const state = stateOf(job);
  if (of.health !== undefined) waits.push(Math.max(1, state.askAtMs - nowMs));
  if (of.idleMs === undefined) return { change: null, checkInMs: earliest(waits) };
  waits.push(lookAtUse(supervisor, { task, job, idleMs: of.idleMs }));
  const usedMs = Math.max(lastUsedAwakeMs, state.usedAtMs);
  const leftMs = usedMs + of.idleMs - nowMs;
  if (leftMs <= 0 && state.isUseKnown) return end(supervisor, task, { reason: "Idle" });
  if (leftMs > 0) waits.push(leftMs);
  const isNews = usedMs - lastUsedAwakeMs >= Math.min(USE_NOTED_MS, of.idleMs / 4);
  const usedAt = timestamp(clock.now() - (nowMs - usedMs));
  const change = isNews
    ? {
        before: task,
        after: withService(task, { lastUsedAt: usedAt, lastUsedAwakeMs: usedMs }),
        actor: supervisor.context.actor,
      }
    : null;
  return { change, checkInMs: earliest(waits) };
}

/** Why a service is no longer well, once it has failed to answer often enough; else null. */
function healthOf(supervisor: Supervisor, { task, job, of }: ServiceJob): string | null {
  const how = healthProbe(of);
  if (of.health === undefined || how === null || (how.type !== "http" && how.type !== "tcp")) return null;
  const { everyMs, failures } = of.health;
  const state = stateOf(job);
  readMain(job);
  const answer = asked(supervisor, { task, job, how, everyMs, timeoutMs: Math.min(everyMs, 2 * ANSWER_MS) });
  if (answer === null) return null;
  // The kernel accepts connections for a process that is stopped.
  const isFrozen = answer.ok && job.main !== undefined && isStopped(job.main.pid);
  if (answer.ok && !isFrozen) {
    state.failures = 0;
    return null;
  }
  state.failures += 1;
  state.said = answer.ok
    ? "its process is stopped (SIGSTOP)"
    : masked(supervisor, { task, job }, answer.said);
  return state.failures < failures ? null : `not well ${state.failures} times in a row: ${state.said}`;
}
