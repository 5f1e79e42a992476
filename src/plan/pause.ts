import { isCollecting, openAttempt, type Task } from "../model/task.ts";
import { describeWallTime, isWorkTime, nextWorkTime } from "./hours.ts";
import type { PlanInput } from "./input.ts";

/** Why no ready task starts: the queue is paused, a rule of config.yaml or a deadline. Times in ms since the epoch. */
export type Pause =
  /** A person paused the queue; `by` is that person. */
  | { readonly type: "paused"; readonly by: string; readonly atMs: number }
  | { readonly type: "hours"; readonly untilMs: number | null; readonly timeZone: string | null }
  | { readonly type: "mains" }
  | { readonly type: "load"; readonly load: number; readonly most: number }
  | { readonly type: "gpuUse"; readonly device: string; readonly use: number; readonly most: number }
  /** The deadline has passed: the supervisor starts no job any more. */
  | { readonly type: "closed"; readonly atMs: number }
  /** The task's timeout would end after the deadline. */
  | { readonly type: "closing"; readonly atMs: number };

type Around = Pick<PlanInput, "nowMs" | "machine" | "active">;

/** Why no task may start now; null where tasks may. Unknown conditions pause nothing. */
export function pauseOf({ nowMs, machine, active }: Around): Pause | null {
  const { work, deadline, conditions, paused } = machine;
  if (paused !== null) return { type: "paused", by: paused.by, atMs: Date.parse(paused.at) };
  if (deadline !== null && nowMs >= deadline.atMs) return { type: "closed", atMs: deadline.atMs };
  if (!isWorkTime(work, nowMs))
    return { type: "hours", untilMs: nextWorkTime(work, nowMs), timeZone: work.timeZone };
  if (work.onlyOnMains && conditions.onMains === false) return { type: "mains" };
  const { load } = conditions;
  if (work.maxLoad !== null && load !== null && load > work.maxLoad)
    return { type: "load", load, most: work.maxLoad };
  return work.maxGpuUse === null ? null : gpuPause({ machine, active }, work.maxGpuUse);
}

/** Why this task may not start although others may; null where it may. */
export function deadlinePauseOf(
  { spec }: Task,
  { nowMs, machine }: Pick<Around, "nowMs" | "machine">,
): Pause | null {
  const { deadline } = machine;
  if (deadline === null || !deadline.isFitting || spec.timeoutMs === undefined) return null;
  return nowMs + spec.timeoutMs > deadline.atMs ? { type: "closing", atMs: deadline.atMs } : null;
}

/** True for a pause that a drain does not wait out. High load is expected to pass, so a drain waits for that. */
export function isLasting(pause: Pause): boolean {
  return pause.type !== "load" && pause.type !== "gpuUse";
}

/** A clause, such as `waits for mains power`. */
export function describePause(pause: Pause, nowMs: number): string {
  switch (pause.type) {
    case "paused":
      return `the queue is paused by ${pause.by}`;
    case "hours": {
      if (pause.untilMs === null) return "waits for the work hours";
      const zone = pause.timeZone === null ? "" : ` ${pause.timeZone}`;
      return `waits for the work hours, from ${describeWallTime(pause.untilMs, { nowMs, timeZone: pause.timeZone })}${zone}`;
    }
    case "mains":
      return "waits for mains power";
    case "load":
      return `waits for a load of at most ${pause.most} (it is ${pause.load.toFixed(1)})`;
    case "gpuUse":
      return `waits for ${pause.device}: other users have it at ${pause.use} % (at most ${pause.most} %)`;
    case "closed":
      return `no task starts after ${describeWallTime(pause.atMs, { nowMs, timeZone: null })}`;
    case "closing":
      return `its timeout would run past ${describeWallTime(pause.atMs, { nowMs, timeZone: null })}, when starting tasks stops`;
  }
}

function gpuPause({ machine, active }: Pick<Around, "machine" | "active">, most: number): Pause | null {
  const own = new Set([
    ...active.flatMap((task) => (isCollecting(task) ? [] : (openAttempt(task)?.devices ?? []))),
    ...machine.elsewhere.map(({ device }) => device),
    ...machine.awaitingProbe,
  ]);
  for (const { id, name, index, utilization, isOff } of machine.devices) {
    if (isOff !== true && utilization !== null && utilization > most && !own.has(id))
      return { type: "gpuUse", device: `GPU ${index} (${name})`, use: utilization, most };
  }
  return null;
}
