import { type Fold, isNumberOf } from "../../desk/fold.ts";
import { counted } from "../../lib/counted.ts";
import { numberOf } from "../../model/identity.ts";
import type { Layout } from "../../store/layout.ts";
import { newestIds } from "../../store/newest.ts";
import type { ListedRow } from "./choose.ts";

/** As many names as are known without sorting a long directory. */
const LOOKED_AT = 100;

/** Failed tasks among the newest that a listing without a query does not show. */
export interface Unlisted {
  readonly failed: number;
  /** True where older ones may have failed too. */
  readonly isAtLeast: boolean;
}

/** Counts them by their names: no record is read. A folded sweep tells its own failures. */
export function unlistedIn(
  layout: Layout,
  {
    rows,
    folds,
    nowMs,
  }: {
    readonly rows: readonly ListedRow[];
    readonly folds: ReadonlyMap<number, Fold>;
    readonly nowMs: number;
  },
): Unlisted {
  const shown = new Set(rows.flatMap((row) => ("metadata" in row ? [row.metadata.id] : [])));
  const groups = [...folds.values()].map(({ group }) => group);
  const looked = [...newestIds(layout, ["dead-letter"], nowMs).take(LOOKED_AT)];
  const missed = looked.filter(
    (id) => !shown.has(id) && !groups.some((group) => isNumberOf(group, numberOf(id))),
  );
  return { failed: missed.length, isAtLeast: looked.length === LOOKED_AT };
}

/** The line below the listing; empty where every failed task is shown. */
export function unlistedLine({ failed, isAtLeast }: Unlisted): string {
  if (failed === 0) return "";
  const count = counted(failed, "more failed task");
  return `\n${isAtLeast ? `at least ${count}` : count}: stint ls --failed\n`;
}
