import { allPids } from "../../lib/host.ts";
import { type Failure, failureOf } from "../../model/failure.ts";
import { openAttempt, type Task } from "../../model/task.ts";
import { listenersOn, socketsOf, tcpTable } from "../../run/port-use.ts";
import { isPortFree } from "../../run/ports.ts";
import { survivorsOf } from "../../run/tree.ts";
import type { Supervisor } from "../supervisor.ts";
import { endOf } from "./job.ts";
import type { TaskJob } from "./runners/runner.ts";
import { runnerOf } from "./runners/runner-of.ts";

/*
 * Between the allocation of a port and the time at which the service listens on it, another process may take it. The service then ends,
 * or something else answers in its place: it is started again on another port, at no cost, unless that goes on.
 */

const STOLEN = "port-taken";
/** After so many times in a row the task is the cause, as where something of it outlives it. */
const MAX_TIMES = 5;

/** What is to be said where a process that is none of the service listens on one of its ports; null where none is found. */
export function strangerOn(supervisor: Supervisor, { task, job }: TaskJob): string | null {
  // The ports of a container belong to its engine.
  if (runnerOf(task.spec.kind).isInImage) return null;
  const table = tcpTable();
  if (table === null) return null;
  const [pids = []] = survivorsOf([job], supervisor.jobs.processes);
  const ours = socketsOf(pids);
  for (const port of Object.values(openAttempt(task)?.service?.ports ?? {})) {
    const listeners = listenersOn(table, port);
    if (listeners.length === 0 || listeners.some((inode) => ours.has(inode))) continue;
    const pid = holderOf(listeners);
    if (pid !== null) return `another process (pid ${pid}) listens on its port ${port}`;
  }
  return null;
}

/** A process that has one of some sockets; null where that cannot be seen. */
function holderOf(inodes: readonly string[]): number | null {
  const pid = allPids().find((one) => {
    const held = socketsOf([one]);
    return inodes.some((inode) => held.has(inode));
  });
  return pid ?? null;
}

/** The failure of a service that ended as one of its ports was taken; null where none was. Of the attempt, no process lives. */
export function stolenPort({ task, job }: TaskJob): Failure | null {
  const open = openAttempt(task);
  if (open?.service === undefined || open.service.readyAt !== undefined) return null;
  if (open.stop !== undefined && open.stop.reason !== "NotReady") return null;
  const end = endOf(job)?.ending;
  const hasFailed = open.stop !== undefined || (end?.type === "exited" && end.exitCode !== 0);
  const port = Object.values(open.service.ports).find((one) => !isPortFree(one));
  if (!hasFailed || port === undefined || timesInRow(task) >= MAX_TIMES - 1) return null;
  const error = `another process took port ${port} before it listened on it: it starts again, which counts as no failure`;
  return failureOf("RESOURCE_BUSY", STOLEN, error);
}

function timesInRow({ status, metadata }: Task): number {
  const earlier = status.attempts.slice(0, -1);
  const other = earlier.findLastIndex(
    (one) => one.epoch !== metadata.epoch || one.state !== "orphaned" || one.failure.rule !== STOLEN,
  );
  return earlier.length - 1 - other;
}
