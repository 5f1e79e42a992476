import { counted } from "../../lib/counted.ts";
import { asLines } from "../../lib/printable.ts";
import type { Draft } from "../../model/submission.ts";
import { fieldLine, specFields } from "./spec-fields.ts";
import { describeSweeps } from "./sweep.ts";

/** More tasks are counted, not shown. */
const MOST_SHOWN = 10;

/** What a submission would queue: each task, and of a sweep the first members. */
export function renderDryRun(drafts: readonly Draft[], nowMs: number): string {
  const heads = drafts.filter(({ group }) => group === undefined || group.index === 1);
  const blocks = heads.slice(0, MOST_SHOWN).map((draft) => {
    const { group, labels, spec } = draft;
    const members = group === undefined ? [] : drafts.filter((one) => one.group?.name === group.name);
    const head = group === undefined ? asLines([`task ${draft.name}`]) : describeSweeps(members);
    const fields = specFields(spec, { labels, parents: parentsOf(draft), nowMs });
    return `${head}${asLines(fields.map(([name, value]) => fieldLine(name, value)))}`;
  });
  const more = heads.length > MOST_SHOWN ? `\n… and ${heads.length - MOST_SHOWN} more\n` : "";
  return `${blocks.join("\n")}${more}\n${counted(drafts.length, "task")} would be queued\n`;
}

function parentsOf({ parents = [] }: Draft): string[] {
  return parents.map(({ reference }) => reference);
}
