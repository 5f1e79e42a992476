import type { CodeOf } from "../daemon/admit/code.ts";
import type { SameWork } from "../daemon/admit/same-work.ts";
import { counted } from "../lib/counted.ts";
import { rangesOf } from "../lib/ranges.ts";
import { numberOf } from "../model/identity.ts";
import { describeKey, reuseOfDraft } from "../model/reuse.ts";
import type { Draft } from "../model/submission.ts";

/** Up to so many are named one by one. */
const MOST_LINES = 10;

/** The lines that tell which tasks stand for drafts that are not queued. */
export function sameWorkLines(same: readonly SameWork[]): string[] {
  const isDone = same.some(({ endedAt }) => endedAt !== null);
  const hint = isDone ? ["to queue what has succeeded again: --rerun"] : [];
  if (same.length <= MOST_LINES) return [...same.map(lineOf), ...hint];
  const [open, done] = [same.filter(({ endedAt }) => endedAt === null), same.filter((one) => one.endedAt)];
  const parts = [
    ...(done.length > 0 ? [`${counted(done.length, "task")} that succeeded (${numbersOf(done)})`] : []),
    ...(open.length > 0 ? [`${counted(open.length, "task")} that have not ended (${numbersOf(open)})`] : []),
  ];
  return [`not queued again: ${parts.join(", ")}`, ...hint];
}

function lineOf({ id, key, endedAt, task }: SameWork): string {
  const how = endedAt === null ? "not ended yet" : task === null ? "completed and cleaned up" : "completed";
  return `not queued again: ${id}, ${how}, has ${describeKey(key)}`;
}

/** Why drafts with `reuse` are run whether or not their work is done, a line for each cause. */
export function withoutReuseLines(drafts: readonly Draft[], code: CodeOf): string[] {
  const causes = Map.groupBy(drafts, (draft) => {
    const found = draft.spec.reuse === true ? reuseOfDraft(draft, code(draft)) : null;
    return found === null || found.ok ? null : found.error;
  });
  return [...causes].flatMap(([why, [first, ...others]]) => {
    if (why === null || first === undefined) return [];
    const more = others.length === 0 ? "" : ` and ${counted(others.length, "other")}`;
    return [`reuse is not possible for "${first.name}"${more}: ${why}`];
  });
}

function numbersOf(some: readonly SameWork[]): string {
  return rangesOf(some.map(({ id }) => numberOf(id))).join(", ");
}
