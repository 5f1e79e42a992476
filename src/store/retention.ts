import { rmSync } from "node:fs";
import { failpoint } from "../lib/failpoint.ts";
import type { Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import { PLACES, type Place } from "../model/state.ts";
import { syncDirectory } from "./durable.ts";
import { dropUnusedEnvironments } from "./environments.ts";
import type { Layout } from "./layout.ts";
import { readNotices } from "./notices.ts";
import { idsIn, readTask, readTasks } from "./reader.ts";
import { onDisk } from "./trouble.ts";

/** What may be removed: tasks that ended before a time, in done/ and, where asked, in dead-letter/. */
export interface Retention {
  /** Milliseconds since the epoch. */
  readonly endedBeforeMs: number;
  readonly deadLetter: boolean;
  /** Ended tasks that others wait for. */
  readonly needed: ReadonlySet<TaskId>;
}

/** The ended tasks that a clean-up would remove. */
export function removable(layout: Layout, retention: Retention): TaskId[] {
  const places: Place[] = retention.deadLetter ? ["done", "dead-letter"] : ["done"];
  return places
    .flatMap((place) => idsIn(layout, place))
    .filter((id) => {
      if (retention.needed.has(id)) return false;
      const read = readTask(layout, id);
      return (
        read.ok &&
        "endedAt" in read.value.status &&
        Date.parse(read.value.status.endedAt) < retention.endedBeforeMs
      );
    });
}

/** Removes an ended task with all it left: the run's folder first, so that nothing is left that no record names. */
export function removeTask(layout: Layout, id: TaskId): Result<null, Problem> {
  return onDisk(`remove "${id}"`, () => {
    rmSync(layout.run(id), { recursive: true, force: true });
    failpoint("clean:run-removed");
    rmSync(layout.record("done", id), { force: true });
    rmSync(layout.record("dead-letter", id), { force: true });
    failpoint("clean:record-removed");
    return null;
  });
}

/** Makes removals last, and removes the environments that only removed tasks named. */
export function finishRemoval(layout: Layout, nowMs: number): void {
  syncDirectory(layout.place("done"));
  syncDirectory(layout.place("dead-letter"));
  const tasks = readTasks(layout, PLACES);
  const used = tasks.flatMap((task) => task.metadata.environment ?? []);
  // The news of a task that is gone may still be on its way.
  const awaited = readNotices(layout).flatMap(({ environment }) => environment ?? []);
  dropUnusedEnvironments(layout, new Set([...used, ...awaited]), nowMs);
}
