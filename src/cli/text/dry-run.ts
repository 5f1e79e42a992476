import { counted } from "../../lib/counted.ts";
import { formatDuration } from "../../lib/duration.ts";
import { asLines } from "../../lib/printable.ts";
import type { Draft } from "../../model/submission.ts";
import { parentTexts } from "./parents.ts";
import { fieldLines, specFields } from "./spec-fields.ts";
import { describeSweeps } from "./sweep.ts";
import { renderTable } from "./table.ts";

/** Of more documents, each has a line. */
const MOST_BLOCKS = 4;

/** What a submission would queue: all facts of a few documents, a line for each of many. */
export function renderDryRun(
  drafts: readonly Draft[],
  { nowMs, columns }: { readonly nowMs: number; readonly columns: number },
): string {
  const heads = drafts.filter(({ group }) => group === undefined || group.index === 1);
  const shown =
    heads.length > MOST_BLOCKS
      ? renderTable(rowsOf(heads), { columns })
      : blocksOf(heads, drafts, { nowMs, columns });
  const documents = heads.length === drafts.length ? "" : ` (${counted(heads.length, "document")})`;
  return `${shown}\n${counted(drafts.length, "task")} would be queued${documents}\n`;
}

function blocksOf(
  heads: readonly Draft[],
  drafts: readonly Draft[],
  { nowMs, columns }: { readonly nowMs: number; readonly columns: number },
): string {
  return heads
    .map((draft) => {
      const { group, labels, spec } = draft;
      const members = group === undefined ? [] : drafts.filter((one) => one.group?.name === group.name);
      const head = group === undefined ? asLines([`task ${draft.name}`]) : describeSweeps(members);
      const fields = specFields(spec, { labels, parents: parentTexts(draft.parents ?? []), nowMs });
      const lines = fields.flatMap(([name, value]) => {
        const whose = name === "command" && group !== undefined ? " (of the first member)" : "";
        return fieldLines(name, `${value}${whose}`, columns);
      });
      return `${head}${asLines(lines)}`;
    })
    .join("\n");
}

function rowsOf(heads: readonly Draft[]): string[][] {
  const rows = heads.map((draft) => {
    const { name, group, spec } = draft;
    return [
      group === undefined ? name : `${group.name} (${counted(group.size, "member")})`,
      parentTexts(draft.parents ?? []).join(", ") || "-",
      spec.timeoutMs === undefined ? "-" : formatDuration(spec.timeoutMs),
      spec.slot ?? "-",
    ];
  });
  return [["NAME", "AFTER", "TIMEOUT", "LANE"], ...rows];
}
