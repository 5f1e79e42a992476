import { isNumberOf } from "../../desk/fold.ts";
import { counted } from "../../lib/counted.ts";
import { numberOf } from "../../model/identity.ts";
import type { Layout } from "../../store/layout.ts";
import { newestIds } from "../../store/newest.ts";
import type { Cut, ListedRow } from "./choose.ts";

/** As many names as are known without sorting a long directory. */
const LOOKED_AT = 100;

/** Failed tasks among the newest that a listing without a query does not show. */
interface UnlistedFailures {
  readonly failed: number;
  /** True where older ones may have failed too. */
  readonly isAtLeast: boolean;
}

/** What a listing does not show. */
export interface Unlisted extends Cut {
  /** Null where the flags ask for certain tasks, or for a page. */
  readonly failures: UnlistedFailures | null;
}

/** Counts them by their names: no record is read. A folded sweep tells its own failures. */
export function unlistedFailures(
  layout: Layout,
  { rows, nowMs }: { readonly rows: readonly ListedRow[]; readonly nowMs: number },
): UnlistedFailures {
  const shown = new Set(rows.flatMap((row) => ("metadata" in row ? [row.metadata.id] : [])));
  const groups = rows.flatMap((row) => ("group" in row ? [row.group] : []));
  const looked = [...newestIds(layout, ["dead-letter"], nowMs).take(LOOKED_AT)];
  const missed = looked.filter(
    (id) => !shown.has(id) && !groups.some((group) => isNumberOf(group, numberOf(id))),
  );
  return { failed: missed.length, isAtLeast: looked.length === LOOKED_AT };
}

/** The most rows that a listing can have. */
export const MAX_LIMIT = 1_000;

/** The lines below the listing; empty where nothing is left out. */
export function unlistedLines({ failures, unfinished, older, limit }: Unlisted): string {
  const lines: string[] = [];
  if (unfinished > 0) {
    const enough = Math.min(limit + unfinished, MAX_LIMIT);
    lines.push(`${counted(unfinished, "more unfinished task")}: add --limit ${enough}`);
  }
  if (older !== null) lines.push(`older tasks: add --cursor ${older}`);
  if (failures !== null && failures.failed > 0) {
    const count = counted(failures.failed, "more failed task");
    lines.push(`${failures.isAtLeast ? `at least ${count}` : count}: stint ls --failed`);
  }
  return lines.length === 0 ? "" : `\n${lines.join("\n")}\n`;
}
