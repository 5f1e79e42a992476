import type { ProgressView } from "../../desk/caller.ts";
import type { Clock } from "../../lib/clock.ts";

/** Shorter operations show no progress. */
const QUIET_MS = 300;
const REFRESH_MS = 100;

/** Shows progress, by default of reading ended tasks: one line that is rewritten on a terminal, nothing elsewhere. */
export function countLine(show: (line: string) => void, clock: Clock, tell = tasksRead): ProgressView {
  let nextMs = clock.awakeMs() + QUIET_MS;
  return {
    onProgress: (count, all) => {
      const nowMs = clock.awakeMs();
      if (nowMs < nextMs) return;
      nextMs = nowMs + REFRESH_MS;
      show(tell(count, all));
    },
    clear: () => show(""),
  };
}

function tasksRead(count: number, all: number): string {
  return `${count} of ${all} ended tasks read`;
}
