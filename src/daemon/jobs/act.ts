import { timestamp } from "../../lib/clock.ts";
import { counted } from "../../lib/counted.ts";
import type { StopIntent } from "../../model/attempt.ts";
import { cancelledInQueue, countersOf, heldBySweep, stopRequested } from "../../model/lifecycle.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import { mustTransition } from "../../model/transition.ts";
import type { Cancellation } from "../../plan/admission.ts";
import type { Placement } from "../../plan/place.ts";
import type { Action } from "../../plan/plan.ts";
import { readTask } from "../../store/reader.ts";
import type { Change } from "../../store/writer.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf, isLeaderGone } from "./job.ts";
import { runnerOf } from "./runners/runner-of.ts";
import { startTasks } from "./start.ts";

/** Carries out a plan: stops and cancellations first, then the claims, so that no job starts in the place of one that must stop. */
export function act(supervisor: Supervisor, actions: readonly Action[]): void {
  const claims: Placement[] = [];
  const changes: Change[] = [];
  const held: Extract<Action, { type: "hold" }>[] = [];
  for (const action of actions) {
    switch (action.type) {
      case "claim":
        claims.push(action);
        break;
      case "supersede":
        changes.push(stopChange(supervisor, action.task, { reason: "Superseded", actor: action.by }));
        break;
      case "dismiss":
        changes.push(dismiss(supervisor, action));
        break;
      case "hold":
        held.push(action);
        break;
      case "timeOut":
        changes.push(...timeOut(supervisor, action.task));
        break;
      case "rescheduleBackoff": {
        const detail = "the clock was set back, the wait begins again";
        changes.push({ before: action.task, after: action.to, actor: "stint", event: "reconciled", detail });
        break;
      }
      case "expire":
        changes.push(expire(supervisor, action.task));
        break;
    }
  }
  if (!supervisor.committer.ensureWritable()) return;
  supervisor.committer.commit([...changes, ...holdMembers(supervisor, held)]);
  startTasks(supervisor, claims);
}

/** The change that records a request to stop a running task, by default with its own grace; `finishJobs` sends the signals. */
export function stopChange(
  supervisor: Supervisor,
  task: Task,
  stop: Pick<StopIntent, "reason" | "actor" | "said"> & { readonly graceMs?: number },
): Change {
  const events = {
    User: "cancel_requested",
    Timeout: "timeout_reached",
    Shutdown: "shutdown_requested",
    Superseded: "superseded",
    Requeue: "requeue_requested",
    Stop: "service_stopped",
    Idle: "service_idle",
    Ttl: "service_expired",
    NotReady: "service_not_ready",
    Unhealthy: "service_unhealthy",
  } as const;
  const requestedAt = timestamp(supervisor.context.clock.now());
  const intent = { graceMs: task.spec.stopGraceMs, ...stop, requestedAt };
  return { before: task, after: stopRequested(task, intent), actor: stop.actor, event: events[stop.reason] };
}

/** Where the job has ended already, its result counts, and not the deadline. */
function timeOut(supervisor: Supervisor, task: Task): Change[] {
  const attempt = openAttempt(task);
  const job = supervisor.jobs.get(task.metadata.id);
  if (attempt === null || job === undefined || endOf(job) !== null) return [];
  if (isLeaderGone(job) && runnerOf(task.spec.kind).readEnding(job) !== null) return [];
  return [stopChange(supervisor, task, { reason: "Timeout", actor: "stint" })];
}

function dismiss(supervisor: Supervisor, { task, reason, message }: Cancellation): Change {
  const { clock, actor, log } = supervisor.context;
  log(`${task.metadata.id}: cancelled (${reason}), ${message}`);
  const after = cancelledInQueue(task, { endedAt: timestamp(clock.now()), reason, message });
  return { before: task, after, actor, detail: message };
}

/** Before the changes are committed, the notices are written: after a crash the same are written again, under the same ids. */
function holdMembers(supervisor: Supervisor, held: readonly Extract<Action, { type: "hold" }>[]): Change[] {
  const { clock, log, layout } = supervisor.context;
  const at = timestamp(clock.now());
  const bySweep = Map.groupBy(held, ({ task }) => task.metadata.group?.id);
  for (const members of bySweep.values()) {
    const { task, failures = [] } = members[0] ?? {};
    const sweep = task?.metadata.group?.name ?? "";
    const text = `${counted(members.length, "member")} of ${sweep} held, as ${failures.join(", ")} failed quickly`;
    log(text);
    const last = failures.at(-1);
    const read = last === undefined ? null : readTask(layout, last);
    if (read?.ok === true) supervisor.committer.announceHold(read.value, text);
  }
  return held.map(({ task, failures }) => ({
    before: task,
    after: heldBySweep(task, { at, failures: [...failures] }),
    actor: "stint",
    event: "held",
    detail: `${failures.join(", ")} failed quickly`,
  }));
}

function expire(supervisor: Supervisor, task: Task): Change {
  const { clock, actor } = supervisor.context;
  const after = mustTransition(task, {
    ...countersOf(task),
    state: "failed",
    reason: "QueueTtl",
    endedAt: timestamp(clock.now()),
    message: "waited in the queue longer than its queueTtl",
  });
  return { before: task, after, actor };
}
