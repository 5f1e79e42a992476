import type { ProgressSeen } from "../../desk/progress.ts";
import { formatDuration } from "../../lib/duration.ts";

/** `84% epoch 3, 0:07 left`. */
export function progressText({ percent, message, leftMs }: ProgressSeen): string {
  const done = [percent === null ? "" : `${Math.floor(percent)}%`, message].filter((part) => part !== "");
  return leftMs === null ? done.join(" ") : `${done.join(" ")}, ${clockText(leftMs)} left`;
}

const DAY_S = 86_400;

/** A time as progress bars write it: `0:07`, `1:02:03`; from a day on in words. */
function clockText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds >= DAY_S) return formatDuration(ms);
  const parts = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
  const [first = 0, ...rest] = parts[0] === 0 ? parts.slice(1) : parts;
  return [first, ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}

/** When a sweep will have ended, as a clause: `about 1h 20m left`. */
export function aboutLeft(leftMs: number): string {
  return `about ${formatDuration(Math.ceil(leftMs / 1_000) * 1_000)} left`;
}
