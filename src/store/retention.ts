import { rmSync } from "node:fs";
import { failpoint } from "../lib/failpoint.ts";
import type { TaskId } from "../model/identity.ts";
import type { Place } from "../model/state.ts";
import { syncDirectory } from "./durable.ts";
import { dropUnusedEnvironments } from "./environments.ts";
import type { Layout } from "./layout.ts";
import { idsIn, readTask, readTasks } from "./reader.ts";

/** What may be removed: tasks that ended before a time, in done/ and, where asked, in dead-letter/. */
export interface Retention {
  /** Milliseconds since the epoch. */
  readonly endedBeforeMs: number;
  readonly deadLetter: boolean;
}

/** The ended tasks that a clean-up would remove. */
export function removable(layout: Layout, retention: Retention): TaskId[] {
  const places: Place[] = retention.deadLetter ? ["done", "dead-letter"] : ["done"];
  return places
    .flatMap((place) => idsIn(layout, place))
    .filter((id) => {
      const read = readTask(layout, id);
      return (
        read.ok &&
        "endedAt" in read.value.status &&
        Date.parse(read.value.status.endedAt) < retention.endedBeforeMs
      );
    });
}

/** Removes ended tasks with all they left: the run's folder first, so that nothing is left that no record names. */
export function removeTasks(layout: Layout, ids: readonly TaskId[], nowMs: number): void {
  for (const id of ids) {
    rmSync(layout.run(id), { recursive: true, force: true });
    failpoint("clean:run-removed");
    rmSync(layout.record("done", id), { force: true });
    rmSync(layout.record("dead-letter", id), { force: true });
    failpoint("clean:record-removed");
  }
  syncDirectory(layout.place("done"));
  syncDirectory(layout.place("dead-letter"));
  const tasks = readTasks(layout, ["pending", "running", "done", "dead-letter"]);
  dropUnusedEnvironments(layout, new Set(tasks.flatMap((task) => task.metadata.environment ?? [])), nowMs);
}
