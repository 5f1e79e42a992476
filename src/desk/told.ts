import { maskOf } from "../daemon/jobs/secrets.ts";
import type { EventSummary } from "../model/event-summary.ts";
import { openAttempt, type Task } from "../model/task.ts";
import { eventsFile, type Hide, readEvents } from "../run/events.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import { inheritable } from "./inheritable.ts";

/** What a running job told so far; null for a task that does not run. */
export function toldSoFar(caller: Caller, layout: Layout, task: Task): EventSummary | null {
  const attempt = openAttempt(task);
  if (attempt === null) return null;
  const path = eventsFile(layout.attempt(task.metadata.id, attempt.number));
  return readEvents(path, hidingFor(caller, layout, task));
}

/** Hides the secret values of a task in its lines; they are read for the first line, as most jobs tell nothing. */
export function hidingFor(caller: Caller, layout: Layout, task: Task): Hide {
  let hide: Hide | null = null;
  return (text) => {
    hide ??= maskOf(layout, task, inheritable(caller.env)).text;
    return hide(text);
  };
}
