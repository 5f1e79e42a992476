import { err, ok, type Result } from "../../lib/result.ts";
import type { Problem } from "../../model/errors.ts";
import { idFromFileName, nameFrom, type TaskId } from "../../model/identity.ts";
import type { Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { notedNames } from "../../store/names.ts";
import { readTask } from "../../store/reader.ts";
import { ambiguousName, findTask, MAX_TOLD, noSuchTask, unreadableTask } from "../select.ts";
import type { MirrorEntry, MirrorTasks } from "./tasks.ts";

/** Names that are compared with one that no task has. */
const MAX_COMPARED = 1_000;

/** The one task that a number, an id or a name stands for, as `findTask` finds it. */
export function foundIn(layout: Layout, tasks: MirrorTasks, reference: string): Result<Task, Problem> {
  if (/^\d+$/.test(reference)) return byNumber(layout, tasks, reference);
  const id = idFromFileName(`${reference}.json`);
  if (id !== null) {
    const found = taskOf(layout, id, tasks.of(id));
    return found.ok || found.error.code !== "NOT_FOUND" ? found : err(notThere(layout, tasks, reference));
  }
  // Ranges, lists and `@` are those of a command line.
  return /^[A-Za-z]/.test(reference) ? byName(layout, tasks, reference) : findTask(layout, reference);
}

function byNumber(layout: Layout, tasks: MirrorTasks, reference: string): Result<Task, Problem> {
  const [entry, ...others] = tasks.withNumber(Number(reference));
  if (others.length > 0) return findTask(layout, reference);
  if (entry !== undefined) return taskOf(layout, entry.id, entry);
  // It was submitted just now.
  const [noted] = notedNames(layout, Number(reference));
  const read = noted === undefined ? null : readTask(layout, noted);
  return read?.ok === true ? ok(read.value) : err(notThere(layout, tasks, reference));
}

/** A name stands for the only task that has it, else for the only unfinished one. A hundred thousand may have it. */
function byName(layout: Layout, tasks: MirrorTasks, reference: string): Result<Task, Problem> {
  const slug = nameFrom(reference);
  let count = 0;
  let latest: MirrorEntry[] = [];
  const unfinished: MirrorEntry[] = [];
  for (const entry of tasks.named(slug)) {
    // An id may have the name shortened; only records have it in full.
    if (slug !== reference && nameIn(entry) === null) return findTask(layout, reference);
    if (slug !== reference && nameIn(entry) !== reference) continue;
    count += 1;
    if (entry.task !== null) unfinished.push(entry);
    if (latest.length < MAX_TOLD || entry.number > (latest.at(-1)?.number ?? 0))
      latest = [...latest, entry].sort((left, right) => right.number - left.number).slice(0, MAX_TOLD);
  }
  const [only, ...others] = count === 1 ? latest : unfinished;
  if (only !== undefined && others.length === 0) return taskOf(layout, only.id, only);
  return err(
    count === 0
      ? notThere(layout, tasks, reference)
      : ambiguousName(reference, { count, latest: latest.map(({ id }) => id) }),
  );
}

function nameIn({ task, ended }: MirrorEntry): string | null {
  return (task ?? ended?.outline)?.metadata.name ?? null;
}

function taskOf(layout: Layout, id: TaskId, entry: MirrorEntry | undefined): Result<Task, Problem> {
  if (entry?.task !== null && entry?.task !== undefined) return ok(entry.task);
  const read = readTask(layout, id);
  return read.ok ? read : err(unreadableTask(id, read.error.type));
}

function notThere(layout: Layout, tasks: MirrorTasks, reference: string): Problem {
  return noSuchTask(layout, reference, { ids: tasks.oneOfEachName(MAX_COMPARED) });
}
