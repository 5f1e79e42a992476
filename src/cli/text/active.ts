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
    case "Superseded":
      return "being stopped: a newer task replaces it";
  }
}

const PREPARATIONS: Readonly<Record<PreparingReason, string>> = {
  PullingImage: "pulling its image",
  Preflight: "asking its preflight",
  CheckingOut: "checking out its code",
  VerifyingData: "verifying its data",
};

/** What a task waits for before its program runs; null where that is not known. `seen` is what its preparation says of itself. */
export function preparationInWords({ status }: Task, seen: string | null): string | null {
  if (status.state !== "preparing") return null;
  return seen ?? (status.reason === undefined ? null : PREPARATIONS[status.reason]);
}
