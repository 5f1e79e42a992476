import type { StopIntent } from "../../model/attempt.ts";
import type { Task } from "../../model/task.ts";

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

/** What a task waits for before its program runs; null where that is not known. */
export function preparationInWords({ status }: Task): string | null {
  return status.state === "preparing" && status.reason === "PullingImage" ? "pulling its image" : null;
}
