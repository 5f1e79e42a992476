import { unreachable } from "../lib/unreachable.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { describeWallTime, isWorkTime, nextWorkTime } from "./hours.ts";
import type { PlanInput } from "./input.ts";

/** Why nothing starts that could, by what the owner of the machine has laid down. Times in ms since the epoch. */
export type Pause =
  | { readonly type: "hours"; readonly untilMs: number | null; readonly timeZone: string | null }
  | { readonly type: "mains" }
  | { readonly type: "load"; readonly load: number; readonly most: number }
  | { readonly type: "gpuUse"; readonly device: string; readonly use: number; readonly most: number }
  /** The supervisor works until then and starts nothing after. */
  | { readonly type: "closed"; readonly atMs: number }
  /** The task's timeout would end after that. */
  | { readonly type: "closing"; readonly atMs: number };

type Around = Pick<PlanInput, "nowMs" | "machine" | "active">;

/** What keeps every task from starting now; null where nothing does. What cannot be told of the machine keeps nothing. */
export function pauseOf({ nowMs, machine, active }: Around): Pause | null {
  const { work, deadline, conditions } = machine;
  if (deadline !== null && nowMs >= deadline.atMs) return { type: "closed", atMs: deadline.atMs };
  if (!isWorkTime(work, nowMs))
    return { type: "hours", untilMs: nextWorkTime(work, nowMs), timeZone: work.timeZone };
  if (work.onlyOnMains && conditions.onMains === false) return { type: "mains" };
  const { load } = conditions;
  if (work.maxLoad !== null && load !== null && load > work.maxLoad)
    return { type: "load", load, most: work.maxLoad };
  return work.maxGpuUse === null ? null : gpuPause({ machine, active }, work.maxGpuUse);
}

/** What keeps this one task from starting though others may. */
export function deadlinePauseOf(
  { spec }: Task,
  { nowMs, machine }: Pick<Around, "nowMs" | "machine">,
): Pause | null {
  const { deadline } = machine;
  if (deadline === null || !deadline.isFitting || spec.timeoutMs === undefined) return null;
  return nowMs + spec.timeoutMs > deadline.atMs ? { type: "closing", atMs: deadline.atMs } : null;
}

/** True for what nobody knows the end of, or everybody: a drain is not to sit it out. A busy machine comes to rest. */
export function isLasting(pause: Pause): boolean {
  return pause.type !== "load" && pause.type !== "gpuUse";
}

/** In a few words, after "waits for" or by itself. */
export function describePause(pause: Pause, nowMs: number): string {
  switch (pause.type) {
    case "hours": {
      if (pause.untilMs === null) return "waits for the work hours";
      const zone = pause.timeZone === null ? "" : ` ${pause.timeZone}`;
      return `waits for the work hours, from ${describeWallTime(pause.untilMs, { nowMs, timeZone: pause.timeZone })}${zone}`;
    }
    case "mains":
      return "waits for mains power";
    case "load":
      return `waits for a load of ${pause.most} (it is ${pause.load.toFixed(1)})`;
    case "gpuUse":
      return `waits for ${pause.device}, which others use to ${pause.use} % (at most ${pause.most} %)`;
    case "closed":
      return `nothing is started since ${describeWallTime(pause.atMs, { nowMs, timeZone: null })}`;
    case "closing":
      return `its timeout ends after ${describeWallTime(pause.atMs, { nowMs, timeZone: null })}, when the work ends`;
    default:
      return unreachable(pause);
  }
}

function gpuPause({ machine, active }: Pick<Around, "machine" | "active">, most: number): Pause | null {
  const own = new Set([
    ...active.flatMap((task) => openAttempt(task)?.devices ?? []),
    ...machine.elsewhere.map(({ device }) => device),
    ...machine.awaitingProbe,
  ]);
  for (const { id, name, index, utilization } of machine.devices) {
    if (utilization !== null && utilization > most && !own.has(id))
      return { type: "gpuUse", device: `GPU ${index} (${name})`, use: utilization, most };
  }
  return null;
}
