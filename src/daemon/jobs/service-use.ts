import { lstatSync } from "node:fs";
import { own } from "../../lib/own.ts";
import { isObject } from "../../model/check.ts";
import { looseJsonIn } from "../../model/loose-json.ts";
import { portNamed, type ServiceSpec } from "../../model/service.ts";
import { openAttempt } from "../../model/task.ts";
import { eventsFile } from "../../run/events.ts";
import { getFromLoopback } from "../../run/loopback-http.ts";
import { connectionsTo, socketsOf, tcpTable } from "../../run/port-use.ts";
import { inDamagedFolder } from "../../run/records.ts";
import { survivorsOf } from "../../run/tree.ts";
import type { Supervisor } from "../supervisor.ts";
import type { Job } from "./job.ts";
import type { TaskJob } from "./runners/runner.ts";
import { tokenIn } from "./service-start.ts";
import { newWatch, type ServiceWatch } from "./serving-state.ts";

/** Looks are a tenth of the idle time apart, within these. */
const MIN_LOOK_MS = 500;
const MAX_LOOK_MS = 30_000;
const ANSWER_MS = 5_000;

/** Looks who uses a service, where that is due; returns in how many ms the next look is. */
export function lookAtUse(
  supervisor: Supervisor,
  { task, job, idleMs }: TaskJob & { readonly idleMs: number },
): number {
  const state = (job.serving ??= newWatch());
  const nowMs = supervisor.context.clock.awakeMs();
  if (state.useAtMs !== null && nowMs < state.useAtMs) return state.useAtMs - nowMs;
  const everyMs = Math.min(MAX_LOOK_MS, Math.max(MIN_LOOK_MS, idleMs / 10));
  state.useAtMs = nowMs + everyMs;
  if (hasNewEvents(job, state)) state.usedAtMs = nowMs;
  const { activity } = task.spec.service ?? {};
  if (activity === undefined) lookAtConnections(supervisor, { task, job }, state);
  else if (!state.isAskingUse) askActivity(supervisor, { task, job, activity }, state);
  return everyMs;
}

/** The first look finds what there was before. */
function hasNewEvents({ directory }: Job, state: ServiceWatch): boolean {
  const file = inDamagedFolder(() => lstatSync(eventsFile(directory), { throwIfNoEntry: false }), undefined);
  const size = file?.size ?? 0;
  const isNew = state.eventBytes !== null && size !== state.eventBytes;
  state.eventBytes = size;
  return isNew;
}

function lookAtConnections(supervisor: Supervisor, { task, job }: TaskJob, state: ServiceWatch): void {
  const ports = Object.values(openAttempt(task)?.service?.ports ?? {});
  const table = ports.length === 0 ? [] : tcpTable();
  state.isUseKnown = true;
  const nowMs = supervisor.context.clock.awakeMs();
  if (table === null) {
    // Where connections cannot be seen, none is taken for idle.
    state.usedAtMs = nowMs;
    return;
  }
  const isBusy = ports.some((port) => connectionsTo(table, port, new Set()) > 0);
  if (!isBusy) return;
  // Rare, and a search: whose connections are these?
  const [pids = []] = survivorsOf([job], supervisor.jobs.processes);
  const ours = socketsOf([supervisor.context.lock.owner.pid, ...pids]);
  if (ports.some((port) => connectionsTo(table, port, ours) > 0)) state.usedAtMs = nowMs;
}

interface AskedActivity extends TaskJob {
  readonly activity: NonNullable<ServiceSpec["activity"]>;
}

/** Asks the service itself; where it does not say, its connections count. */
function askActivity(
  supervisor: Supervisor,
  { task, job, activity }: AskedActivity,
  state: ServiceWatch,
): void {
  const port = portNamed(openAttempt(task)?.service?.ports ?? {}, activity.port);
  if (port === undefined) return;
  state.isAskingUse = true;
  const token = task.spec.service?.token === undefined ? undefined : tokenIn(job.directory);
  void getFromLoopback({ port, path: activity.path, token, timeoutMs: ANSWER_MS }).then((answer) => {
    state.isAskingUse = false;
    const isAnswer = typeof answer !== "string" && answer.status === 200;
    const atMs = isAnswer ? timeIn(answer.body, activity.field) : null;
    if (atMs === null) lookAtConnections(supervisor, { task, job }, state);
    else {
      const { clock } = supervisor.context;
      state.isUseKnown = true;
      state.usedAtMs = Math.max(state.usedAtMs, clock.awakeMs() - Math.max(0, clock.now() - atMs));
    }
    supervisor.nudge();
  });
}

/** The time in an answer, in ms since the epoch: a field of JSON, dotted, or the whole text; null for none. */
function timeIn(body: string, field: string | undefined): number | null {
  let value: unknown = field === undefined ? body.trim() : looseJsonIn(body);
  for (const name of field?.split(".") ?? []) value = isObject(value) ? own(value, name) : undefined;
  const number = typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  // Seconds until the year 5138, else milliseconds.
  if (typeof number === "number") return number < 1e11 ? number * 1_000 : number;
  const ms = typeof number === "string" ? Date.parse(number) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
