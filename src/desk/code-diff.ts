import { type Code, shortHash } from "../model/code.ts";
import { git } from "../run/code/git.ts";

/** The text of a difference between the code of two tasks; `lacks` says what is not in it. */
export interface CodeDiff {
  readonly text: string;
  readonly lacks: readonly string[];
}

const DIFF_TIMEOUT_MS = 30_000;

/** What git says of the difference between the code of two tasks: a summary, or all of it. Null where there is nothing to compare. */
export async function codeDiff(
  a: Code | undefined,
  b: Code | undefined,
  {
    env,
    isWhole,
    columns,
  }: {
    readonly env: Readonly<Record<string, string>>;
    readonly isWhole: boolean;
    readonly columns: number;
  },
): Promise<CodeDiff | null> {
  const [left, right] = [a === undefined ? null : keptOf(a), b === undefined ? null : keptOf(b)];
  if (a === undefined || left === null || right === null) return null;
  const lacks = [left.lacks, right.lacks].filter((one) => one !== null);
  const width = Number.isFinite(columns) ? [`--stat=${columns}`] : ["--stat"];
  const how = isWhole ? ["--patch"] : width;
  const diff = await git({
    args: ["diff", "--no-color", "--no-ext-diff", "--no-textconv", ...how, left.commit, right.commit],
    cwd: a.root,
    env,
    timeoutMs: DIFF_TIMEOUT_MS,
  });
  return diff.ok ? { text: diff.value, lacks } : { text: "", lacks: [...lacks, diff.error.text] };
}

/** The commit that has the code of a task, and which of its changes that lacks. */
function keptOf({ snapshot, commit, changed }: Code): { commit: string; lacks: string | null } | null {
  if (snapshot !== undefined) return { commit: snapshot, lacks: null };
  if (commit === undefined) return null;
  if (changed?.count === 0) return { commit, lacks: null };
  return { commit, lacks: `the changed files beside ${shortHash(commit)} were not kept (code: record)` };
}
