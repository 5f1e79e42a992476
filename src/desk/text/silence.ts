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
    `${shortSilence(silence)}; last seen at ${since}. It starts nothing and watches no job.`,
    isStopped
      ? `Resume it: kill -CONT ${pid}`
      : `If it does not recover: kill -KILL ${pid}, then stint up --detach. Jobs survive that; the next supervisor takes them over.`,
  ];
}
