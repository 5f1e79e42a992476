import { existsSync } from "node:fs";
import { rangeIn } from "../lib/ranges.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { closest } from "../lib/suggest.ts";
import { type Problem, problem, rejected } from "../model/errors.ts";
import { idFromFileName, NAME_PATTERN, nameFrom, nameOf, numberOf, type TaskId } from "../model/identity.ts";
import type { OpenGroup } from "../model/open-group.ts";
import { isTerminal, STATES } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { Finder } from "../store/finder.ts";
import type { Layout } from "../store/layout.ts";
import { readLastSubmitted } from "../store/numbers.ts";
import { readOpenGroup } from "../store/open-groups.ts";
import { readTask } from "../store/reader.ts";
import type { RecordFault } from "../store/record.ts";
import { keptOfCleaned } from "./cleaned.ts";
import { findGroup, othersText, type TellNewest } from "./groups.ts";

/** Of several tasks with a name, so many are told. */
export const MAX_TOLD = 5;

/** Tasks that references name. */
export interface Named {
  readonly tasks: Task[];
  /** Those that were named by their sweep or group. */
  readonly byGroup: ReadonlySet<Task>;
}

/** Finds the tasks that references name, in their order and each once: `12`, an id, a name (of a sweep too), `3-7`, `@`, `@~1`, or a list of these with commas. */
export function findNamed(
  layout: Layout,
  references: readonly string[],
  tellNewest?: TellNewest,
): Result<Named, Problem> {
  const finder = new Finder(layout);
  const found = new Map<TaskId, Task>();
  const byGroup = new Set<Task>();
  for (const reference of references.flatMap(listed)) {
    const isGroup = openGroupNamed(layout, reference, finder) !== null;
    const resolved = isGroup ? null : resolve(layout, { reference, finder, tellNewest });
    if (resolved === null || !resolved.ok) {
      const isKnown = resolved === null || resolved.error.code === "NOT_FOUND";
      const group = isKnown ? findGroupNamed(layout, reference, tellNewest) : null;
      if (group === null)
        return err(withKept(layout, reference, resolved?.error ?? noSuchTask(layout, reference, finder)));
      if (!group.ok) return group;
      for (const member of group.value) {
        found.set(member.metadata.id, member);
        byGroup.add(member);
      }
      continue;
    }
    for (const id of resolved.value) {
      const read = readTask(layout, id);
      if (read.ok) found.set(id, read.value);
      else return err(unreadableTask(id, read.error.type));
    }
  }
  return ok({ tasks: [...found.values()], byGroup });
}

/** The group that a name stands for: also where its members have the same name, but not where another task has it. */
export function openGroupNamed(
  layout: Layout,
  reference: string,
  finder = new Finder(layout),
): OpenGroup | null {
  const group = readOpenGroup(layout, reference);
  if (group === null) return null;
  const slug = nameFrom(reference);
  const isOthers = finder.ids
    .filter((id) => nameOf(id) === slug)
    .some((id) => {
      const read = readTask(layout, id);
      return read.ok && read.value.metadata.openGroup?.id !== group.id;
    });
  return isOthers ? null : group;
}

/** `6,10` names two tasks: no name has a comma. */
function listed(reference: string): string[] {
  const names = reference.split(",").filter((name) => name !== "");
  return names.length === 0 ? [reference] : names;
}

/** The sweep of a name that no task has; null where there is no such sweep. */
function findGroupNamed(
  layout: Layout,
  reference: string,
  tellNewest: TellNewest | undefined,
): Result<Task[], Problem> | null {
  if (!NAME_PATTERN.test(reference)) return null;
  const group = findGroup(layout, reference, { tellNewest });
  return !group.ok && group.error.code === "NOT_FOUND" ? null : group;
}

/** The one task that a reference names. */
export function findTask(layout: Layout, reference: string, tellNewest?: TellNewest): Result<Task, Problem> {
  const found = findNamed(layout, [reference], tellNewest);
  if (!found.ok) return found;
  const { tasks } = found.value;
  const [task, ...others] = tasks;
  if (task === undefined || others.length > 0)
    return rejected("AMBIGUOUS", `Cannot choose "${reference}": it names ${tasks.length} tasks, wanted one`);
  return ok(task);
}

interface Looking {
  readonly reference: string;
  readonly finder: Finder;
  readonly tellNewest: TellNewest | undefined;
}

function resolve(
  layout: Layout,
  { reference, finder, tellNewest }: Looking,
): Result<readonly TaskId[], Problem> {
  const back = /^@(?:~(\d+))?$/.exec(reference);
  if (back !== null) return lastSubmitted(layout, { reference, finder, back: Number(back[1] ?? 0) });
  const range = rangeIn(reference);
  if (range !== null) {
    const members = finder.inRange(...range);
    return members.length > 0 ? ok(members) : rejected("NOT_FOUND", `No tasks in the range ${reference}`);
  }
  if (/^\d+$/.test(reference)) {
    const [id, ...others] = finder.byNumber(Number(reference));
    if (id === undefined) return err(noSuchTask(layout, reference, finder));
    if (others.length === 0) return ok([id]);
    const message = `Cannot choose "${reference}": ${others.length + 1} tasks have this number`;
    return rejected("AMBIGUOUS", message, `use an id: ${[id, ...others].join(", ")}`);
  }
  const exact = idFromFileName(`${reference}.json`);
  if (exact !== null && finder.has(exact)) return ok([exact]);
  // The id of a removed task is not tried as a name: names begin with a letter.
  return /^\d/.test(reference)
    ? err(noSuchTask(layout, reference, finder))
    : byName(layout, { reference, finder, tellNewest });
}

/** A name stands for the only task that has it, else for the only unfinished one. */
function byName(layout: Layout, { reference, finder, tellNewest }: Looking): Result<TaskId[], Problem> {
  const slug = nameFrom(reference);
  const alike = finder.ids.filter((id) => nameOf(id) === slug);
  // An id may have the name shortened; the record has it in full.
  const named = alike.filter((id) => {
    const read = readTask(layout, id);
    // A task that is removed meanwhile is no candidate.
    if (!read.ok) return read.error.type !== "missing";
    return read.value.metadata.name === reference || id.endsWith(`-${reference}`);
  });
  if (named.length === 0) return err(noSuchTask(layout, reference, finder));
  if (named.length === 1) return ok(named);
  const active = named.filter((id) => {
    const read = readTask(layout, id);
    return read.ok && !isTerminal(read.value.status.state);
  });
  if (active.length === 1) return ok(active);
  const latest = named.toSorted((left, right) => numberOf(right) - numberOf(left));
  const [newest, ...others] = latest;
  if (tellNewest !== undefined && newest !== undefined && active.length === 0) {
    const shown = others.slice(0, 4).map(numberOf);
    tellNewest(
      `${named.length} tasks are called "${reference}": this is ${numberOf(newest)}, the newest; ${othersText(others.length, shown)}`,
    );
    return ok([newest]);
  }
  return err(ambiguousName(reference, { count: named.length, latest }));
}

/** The problem of a name that several tasks have; `latest` are those with the highest numbers, the highest first. */
export function ambiguousName(
  reference: string,
  { count, latest }: { readonly count: number; readonly latest: readonly TaskId[] },
): Problem {
  const numbers = latest.slice(0, MAX_TOLD).toReversed().map(numberOf).join(", ");
  const message = `Cannot choose "${reference}": ${count} tasks have this name`;
  return problem("AMBIGUOUS", message, `use a number: the latest are ${numbers}`);
}

function lastSubmitted(
  layout: Layout,
  wanted: { reference: string; finder: Finder; back: number },
): Result<TaskId[], Problem> {
  const number = readLastSubmitted(layout).at(-1 - wanted.back);
  const [id] = number === undefined ? [] : wanted.finder.byNumber(number);
  if (id !== undefined) return ok([id]);
  const message = `Cannot find "${wanted.reference}": fewer tasks were submitted by hand, or this one was cleaned up`;
  return rejected("NOT_FOUND", message);
}

/** The problem of a reference that names none; of the ids, one with a similar name is proposed. */
export function noSuchTask(layout: Layout, reference: string, { ids }: Pick<Finder, "ids">): Problem {
  const near = /^\d+$/.test(reference) ? null : closest(reference, new Set(ids.map(nameOf)));
  const usual =
    meantInWords(reference) ?? (near === null ? "list all tasks: stint ls --all" : `did you mean "${near}"?`);
  const hint = isSchedule(layout, reference)
    ? `a schedule has this name: stint schedules show ${reference}`
    : usual;
  return problem(
    "NOT_FOUND",
    /^\d+$/.test(reference) ? `No task has number ${reference}` : `No task named "${reference}"`,
    hint,
  );
}

/** What a word that is no task stands for elsewhere. */
function meantInWords(reference: string): string | null {
  if (reference === "all")
    return "all that cancel, retry, hold or release applies to: --all; all that have ended: stint clean --older-than 0s";
  const state = [...STATES, "pending"].find((one) => one === reference.toLowerCase());
  return state === undefined ? null : `tasks in this state: --state ${state}`;
}

/** A task that was cleaned up is not there, and what is kept of it is. */
function withKept(layout: Layout, reference: string, of: Problem): Problem {
  const kept = of.code === "NOT_FOUND" ? keptOfCleaned(layout, reference) : null;
  return kept === null ? of : { ...of, hint: kept };
}

function isSchedule(layout: Layout, reference: string): boolean {
  if (!NAME_PATTERN.test(reference)) return false;
  return layout.scheduleFiles(reference).some((path) => existsSync(path));
}

/** The problem of a record that cannot be read. */
export function unreadableTask(id: TaskId, fault: RecordFault["type"]): Problem {
  if (fault === "newer")
    return problem("RECORD_NEWER", `Cannot read task "${id}": its record was written by a newer stint`);
  if (fault === "unreadable")
    return problem(
      "WRITE_FAILED",
      `Cannot read task "${id}": the system refuses to read it`,
      "see `stint doctor`",
    );
  if (fault === "missing") return problem("NOT_FOUND", `Cannot read task "${id}": it was just removed`);
  return problem("RECORD_CORRUPT", `Cannot read task "${id}": its record is corrupt`, "see `stint doctor`");
}
