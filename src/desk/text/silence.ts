import { localTime, relativeTime } from "../../lib/local-time.ts";
import type { Silence } from "../../model/owner.ts";

/** A lock owner that does not respond, as a clause. */
export function shortSilence({ role, pid, isStopped }: Silence): string {
  return `stint ${role} with pid ${pid} ${isStopped ? "is stopped" : "does not answer"}`;
}

/** The same in sentences, with its last sign of life and what to do. */
export function silenceLines(silence: Silence, nowMs: number): [string, string] {
  const { pid, isStopped, sinceMs } = silence;
  const since = `${localTime(sinceMs, nowMs)} (${relativeTime(sinceMs, nowMs)})`;
  return [
    `${shortSilence(silence)}; its last sign of life was at ${since}. It starts no jobs and supervises none.`,
    isStopped
      ? `To resume it: kill -CONT ${pid}`
      : `If it does not recover: kill -KILL ${pid}, then stint up --detach; the jobs survive that, and the next supervisor adopts them.`,
  ];
}
