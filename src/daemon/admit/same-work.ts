import { rangesOf } from "../../lib/ranges.ts";
import { ok, type Result } from "../../lib/result.ts";
import type { Code } from "../../model/code.ts";
import { type Problem, rejected } from "../../model/errors.ts";
import { numberOf, type TaskId } from "../../model/identity.ts";
import { isFingerprint, workKeyOf, workKeyOfDraft } from "../../model/reuse.ts";
import type { Draft } from "../../model/submission.ts";
import type { Task } from "../../model/task.ts";
import { doneKeyOf } from "../../store/done-keys.ts";
import type { Layout } from "../../store/layout.ts";
import { readTask } from "../../store/reader.ts";

/** A task that stands for a draft with its key, which is not queued. */
export interface SameWork {
  readonly id: TaskId;
  readonly key: string;
  /** When it succeeded; null while it has not ended. */
  readonly endedAt: string | null;
  /** Its record; null where it was cleaned up. */
  readonly task: Task | null;
}

/** What is left of drafts, and what stands for the others, each once. */
export interface Left {
  readonly drafts: readonly Draft[];
  readonly same: readonly SameWork[];
}

/** The home in which the keys are looked up; `unfinished` is called where a draft has a key. */
interface Around {
  readonly layout: Layout;
  readonly unfinished: () => readonly Task[];
  /** The code of a draft, for those with `reuse`; where it is absent, none of these is omitted. */
  readonly code?: ((draft: Draft) => Code | undefined) | undefined;
  /** True for `key` alone: a draft with the `unique` of an unfinished task is then left to the planner, which cancels it. */
  readonly isOfKeysAlone?: true;
}

/**
 * Omits drafts whose `unique` or `key` an unfinished task has, or whose `key` has succeeded; with `reuse`, the fingerprint is the key. The planner checks the records again, and so
 * finds what is accepted or ends after this check. Two drafts with one `key` are refused, as only one of them would run.
 */
export function withoutSameWork(drafts: readonly Draft[], around: Around): Result<Left, Problem> {
  const keys = new Map(drafts.map((draft) => [draft, workKeyOfDraft(draft, around.code?.(draft))]));
  const isPlain = (draft: Draft): boolean =>
    keys.get(draft) === undefined && (around.isOfKeysAlone === true || draft.spec.unique === undefined);
  if (drafts.every(isPlain)) return ok({ drafts, same: [] });
  const twin = twinIn(keys);
  if (twin !== null) return twin;
  const unfinished = around.unfinished();
  const byUnique = byKey(around.isOfKeysAlone === true ? [] : unfinished, ({ spec }) => spec.unique);
  const byWork = byKey(unfinished, workKeyOf);
  const found = drafts.map((draft): SameWork | null => {
    const { unique, rerun = false } = draft.spec;
    const key = keys.get(draft);
    const beside = unique === undefined ? undefined : byUnique.get(unique);
    if (beside !== undefined) return standing(beside, unique);
    const open = key === undefined ? undefined : byWork.get(key);
    if (open !== undefined) return standing(open, key);
    return key === undefined || rerun ? null : doneBy(around.layout, key);
  });
  const same = new Map(found.flatMap((one) => (one === null ? [] : [[one.id, one]])));
  const left = renumbered(drafts, (index) => found[index] === null);
  return ok({ drafts: same.size === 0 ? left : adopted(left, drafts, found), same: [...same.values()] });
}

/** What waited for an omitted draft by its name, or that of its sweep, waits for the task that stands for it: it gets its results too. */
function adopted(
  left: readonly Draft[],
  drafts: readonly Draft[],
  found: readonly (SameWork | null)[],
): readonly Draft[] {
  const standingFor = new Map<string, TaskId[]>();
  for (const [index, { name, group }] of drafts.entries()) {
    const one = found[index] ?? null;
    if (one === null) continue;
    for (const key of new Set([name, group?.name ?? name])) {
      const ids = standingFor.getOrInsertComputed(key, () => []);
      // A task that was cleaned up has succeeded: there is nothing to wait for.
      if (one.task !== null) ids.push(one.id);
    }
  }
  const names = new Set(left.flatMap(({ name, group }) => [name, group?.name ?? name]));
  return left.map((draft) => {
    if (draft.parents?.some(({ reference }) => standingFor.has(reference)) !== true) return draft;
    const parents = draft.parents.flatMap(({ reference, when }) => {
      const ids = standingFor.get(reference);
      if (ids === undefined) return [{ reference, when }];
      const own = names.has(reference) ? [{ reference, when }] : [];
      return [...own, ...ids.map((id) => ({ reference: String(id), when }))];
    });
    return { ...draft, parents };
  });
}

function byKey(tasks: readonly Task[], keyOf: (task: Task) => string | undefined): Map<string, Task> {
  const found = new Map<string, Task>();
  for (const task of tasks) {
    const key = keyOf(task);
    if (key !== undefined && !found.has(key)) found.set(key, task);
  }
  return found;
}

function standing(task: Task, key = ""): SameWork {
  return { id: task.metadata.id, key, endedAt: null, task };
}

function doneBy(layout: Layout, key: string): SameWork | null {
  const done = doneKeyOf(layout, key);
  if (done === null) return null;
  const read = readTask(layout, done.task);
  return { id: done.task, key, endedAt: done.endedAt, task: read.ok ? read.value : null };
}

function twinIn(keys: ReadonlyMap<Draft, string | undefined>): Result<never, Problem> | null {
  const first = new Map<string, Draft>();
  for (const [draft, key] of keys) {
    if (key === undefined) continue;
    const known = first.get(key);
    if (known === undefined) {
      first.set(key, draft);
      continue;
    }
    if (isFingerprint(key)) {
      const is = `it has the inputs, code and data of "${known.name}" too`;
      const hint = "leave one out, or write reuse: false";
      return rejected("INVALID_TASK_FILE", `Cannot queue "${draft.name}": ${is}, wanted other work`, hint);
    }
    const message = `Cannot queue "${draft.name}": its key ${key} is that of "${known.name}" too, wanted a key for each task`;
    const hint = "in a sweep, put the values into the key: key: train/seed${{ matrix.seed }}";
    return rejected("INVALID_TASK_FILE", message, hint);
  }
  return null;
}

/** The drafts that stay. The members that are left of a sweep become one without gaps, and keep their place in the sweep as written. */
function renumbered(drafts: readonly Draft[], stays: (index: number) => boolean): Draft[] {
  let sweep = 0;
  const kept = drafts.flatMap((draft, index) => {
    // The first member of the next sweep.
    if (draft.group?.index === 1) sweep += 1;
    return stays(index) ? [{ draft, sweep }] : [];
  });
  const sizes = new Map<number, number>();
  for (const one of kept)
    if (one.draft.group !== undefined) sizes.set(one.sweep, (sizes.get(one.sweep) ?? 0) + 1);
  const indexes = new Map<number, number>();
  return kept.map(({ draft, sweep: of }) => {
    const { group } = draft;
    const size = sizes.get(of) ?? 0;
    if (group === undefined || size === group.size) return draft;
    const index = (indexes.get(of) ?? 0) + 1;
    indexes.set(of, index);
    return { ...draft, group: { ...group, index, size, of: { index: group.index, size: group.size } } };
  });
}

/** For the log: which tasks stand for those that were not queued. */
export function notAgain(ids: readonly TaskId[]): string {
  return `not queued again, as their work is that of ${shortRanges(ids)}`;
}

/** More ranges are not read. */
const MOST_RANGES = 8;

function shortRanges(ids: readonly TaskId[]): string {
  const ranges = rangesOf(ids.map(numberOf));
  return `${ranges.slice(0, MOST_RANGES).join(", ")}${ranges.length > MOST_RANGES ? " and more" : ""}`;
}
