import type { Silence } from "../../model/owner.ts";
import { localTime, relativeTime } from "./time.ts";

/** What is the matter with a holder that does nothing, in a few words. */
export function shortSilence({ role, pid, isStopped }: Silence): string {
  return `stint ${role} with pid ${pid} ${isStopped ? "is stopped" : "does not answer"}`;
}

/** The same with since when, and what to do. */
export function silenceLines(silence: Silence, nowMs: number): [string, string] {
  const { pid, isStopped, sinceMs } = silence;
  const since = `${localTime(sinceMs, nowMs)} (${relativeTime(sinceMs, nowMs)})`;
  return [
    `${shortSilence(silence)}, and was last heard of at ${since}: it starts nothing, and sees to nothing that runs.`,
    isStopped
      ? `To let it go on: kill -CONT ${pid}`
      : `If it does not come back: kill -KILL ${pid}, then stint up --detach; the jobs outlive that, and the next supervisor takes them over.`,
  ];
}
