import type { Steps } from "../../lib/steps.ts";
import { type Problem, problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import type { Outline } from "../../model/outline.ts";
import { matcherOf, type Query } from "../../model/query.ts";
import type { Answer, Target } from "../../model/request.ts";
import { isTerminal } from "../../model/state.ts";
import type { Task } from "../../model/task.ts";
import type { Supervisor } from "../supervisor.ts";
import { targetTask } from "./each-target.ts";

/** The tasks to which a clean-up is confined: those named, those that match, or, given both, those that fulfil both. */
export interface CleanupChoice {
  readonly named?: readonly Target[] | undefined;
  readonly query?: Query | undefined;
}

interface Chosen {
  /** Null where all tasks are meant. */
  readonly isChosen: ((task: Outline) => boolean) | null;
  /** The answers for named tasks that cannot be removed. */
  readonly refused: readonly Answer[];
}

/** Applies a choice to the tasks as they are now. */
export function* chosenBy(supervisor: Supervisor, { named, query }: CleanupChoice): Steps<Chosen> {
  if (named === undefined && query === undefined) return { isChosen: null, refused: [] };
  // A task that is being queued may depend on one that would be removed; a batch that cannot be queued is not waited for.
  while (supervisor.queue.arrivals.size > 0 && supervisor.committer.stuck.size === 0) yield "wait";
  const isMatch = matcherOf(query ?? {});
  if (named === undefined) return { isChosen: isMatch, refused: [] };
  const ids = new Set<TaskId>();
  const refused: Answer[] = [];
  for (const target of named) {
    const task = targetTask(supervisor, target);
    if (!task.ok) refused.push(absent(target, task.error));
    else if (isTerminal(task.value.status.state)) ids.add(target.id);
    else refused.push(unfinished(task.value));
    yield;
  }
  return { isChosen: (task) => ids.has(task.metadata.id) && isMatch(task), refused };
}

/** Where it is gone, this request removed it before a crash, or another one did. */
function absent({ id }: Target, error: Problem): Answer {
  return error.code === "NOT_FOUND"
    ? { id, done: "was removed already", bytes: 0 }
    : { id, problem: { ...error } };
}

function unfinished({ metadata: { id, number }, status: { state } }: Task): Answer {
  const message = `Cannot remove "${id}": it is ${state}, wanted a task that has ended`;
  return { id, problem: problem("INVALID_TRANSITION", message, `cancel it first: stint cancel ${number}`) };
}
