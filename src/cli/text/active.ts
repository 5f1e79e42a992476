import type { StopIntent } from "../../model/attempt.ts";
import type { PreparingReason, Task } from "../../model/task.ts";

/** How and why stint ends a job, as a clause after "it is". */
export function stopInWords({ reason, actor }: StopIntent): string {
  switch (reason) {
    case "User":
      return `being cancelled by ${actor}`;
    case "Timeout":
      return "being stopped: timed out";
    case "Shutdown":
      return "being stopped with the supervisor";
    case "Requeue":
      return `being stopped by ${actor}, to be queued again`;
    case "Superseded":
      return "being stopped: a newer task replaces it";
    case "Stop":
      return `being stopped by ${actor}`;
    case "Idle":
      return "being stopped: it was not used";
    case "Ttl":
      return "being stopped: its ttl is over";
    case "NotReady":
      return "being stopped: it did not answer in time";
    case "Unhealthy":
      return "being stopped: it does not answer any more";
  }
}

/** Why a completed service was stopped, as a clause after "it was"; null for a task that ended by itself. */
export function stoppedWhy({ spec, status }: Task): string | null {
  return spec.service !== undefined && status.state === "completed" && status.message.startsWith("stopped")
    ? status.message
    : null;
}

const PREPARATIONS: Readonly<Record<PreparingReason, string>> = {
  PullingImage: "pulling its image",
  Preflight: "asking its preflight",
  CheckingOut: "checking out its code",
  VerifyingData: "verifying its data",
  Tracking: "preparing its trackers",
};

/** What a task waits for before its program runs; null where that is not known. `seen` is what its preparation says of itself. */
export function preparationInWords({ status }: Task, seen: string | null): string | null {
  if (status.state !== "preparing") return null;
  return seen ?? (status.reason === undefined ? null : PREPARATIONS[status.reason]);
}
