import { err, type Result } from "../../lib/result.ts";
import type { Steps } from "../../lib/steps.ts";
import { type Problem, problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Outline } from "../../model/outline.ts";
import { ENDED_PLACES } from "../../model/state.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { listing } from "../../store/listing.ts";
import { forgetNames, spanOf } from "../../store/names.ts";
import { TaskReader } from "../../store/reader.ts";
import { finishRemoval } from "../../store/retention.ts";
import type { Supervisor } from "../supervisor.ts";

/** Entries of a map that are read in one step. */
const AT_ONCE = 10_000;

/** What the files of the home keep for a task. */
export interface Uses {
  readonly environment: string | undefined;
  readonly snapshot: string | undefined;
}

export function usesOf({ metadata }: Pick<Outline, "metadata">): Uses {
  return { environment: metadata.environment, snapshot: metadata.code?.snapshot };
}

/**
 * Removes names, environments, secrets and snapshots that no remaining task needs; `known` is what the ended tasks known so far use.
 * Where a record cannot be read, none is removed: it may be that of the task, without which a retry fails.
 */
export function* finishCleanup(
  supervisor: Supervisor,
  known: Map<TaskId, Uses>,
  nowMs: number,
): Steps<Result<void, Problem>> {
  const { layout } = supervisor.context;
  const spans = new Set<number>();
  const used = new Set<string>();
  const add = ({ environment, snapshot }: Uses): void => {
    if (environment !== undefined) used.add(environment);
    if (snapshot !== undefined) used.add(snapshot);
  };
  // Called before and after the listing: tasks that end or arrive meanwhile would be missed by one of them.
  const addUnfinished = (): void => {
    for (const { metadata } of supervisor.queue.tasks.values()) {
      spans.add(spanOf(metadata.id));
      used.add(metadata.id);
      add(usesOf({ metadata }));
    }
  };
  addUnfinished();
  let unread: TaskId | null = null;
  const reader = new TaskReader(layout);
  for (const place of ENDED_PLACES) {
    const listed = yield* listing(layout, place);
    for (const ids of listed.spans.values()) {
      for (const id of ids) {
        spans.add(spanOf(id));
        if (known.has(id)) continue;
        // It ended since the first listing; a retry needs its environment.
        const read = reader.read(id);
        if (read.ok) known.set(id, usesOf(read.value));
        else if (read.error.type === "unreadable" || read.error.type === "newer") unread ??= id;
        yield;
      }
      yield;
    }
  }
  let count = 0;
  for (const one of known.values()) {
    add(one);
    count += 1;
    if (count % AT_ONCE === 0) yield;
  }
  addUnfinished();
  tryFs("forget names", () => forgetNames(layout, spans));
  // The secrets of tasks are stored beside the environments, under the task's id.
  const isUsed = (name: string): boolean => used.has(name) || known.has(name as TaskId);
  const finished = tryFs("finish the clean-up", () =>
    finishRemoval(layout, unread === null ? isUsed : () => true, nowMs),
  );
  return finished.ok && unread !== null ? err(keptEnvironments(unread)) : finished;
}

function keptEnvironments(unread: TaskId): Problem {
  const message = `Cannot remove unused environments: the record of "${unread}" cannot be read, and may need one`;
  return problem("HOME_UNUSABLE", message, "make it readable; see `stint doctor`");
}
