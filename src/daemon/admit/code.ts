import type { Clock } from "../../lib/clock.ts";
import { counted } from "../../lib/counted.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Code, CodeMode } from "../../model/code.ts";
import { shortHash } from "../../model/code.ts";
import { type Problem, problem } from "../../model/errors.ts";
import type { Draft } from "../../model/submission.ts";
import { bareRepositoryOf, type GitTree, gitTreeOf, headOf } from "../../run/code/tree.ts";
import { tryFs } from "../../store/fs-errors.ts";
import type { Layout } from "../../store/layout.ts";
import type { QueueView } from "./queue-view.ts";
import type { Left } from "./same-work.ts";

/** The code of each draft; undefined outside a git tree. */
export type CodeOf = (draft: Draft) => Code | undefined;

/** On whose behalf the trees are looked at. */
export interface Looking {
  readonly layout: Layout;
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Tells the user what a snapshot lacks. */
  readonly tell: (line: string) => void;
}

/** Asks for the code of drafts, once all else of them is accepted. */
export type CodeLook = () => Promise<Result<CodeOf, Problem>>;

/** Looks at the code meanwhile, unless a snapshot is to be made: that waits until the drafts are accepted. */
export function lookAtCode(drafts: readonly Draft[], looking: Looking): CodeLook {
  if (drafts.some(({ spec }) => spec.code?.mode === "snapshot")) return () => codeOfDrafts(drafts, looking);
  const looked = codeOfDrafts(drafts, looking);
  return () => looked;
}

/** A sweep over folders may have thousands of trees: of more than these, only the commits are recorded. */
const MAX_TREES = 8;

/**
 * Looks at the git trees of drafts, once for each tree: the commit and the changed files, and a snapshot where a draft asks for one.
 * The error refuses a snapshot; what cannot be recorded is left out. Outside of a git tree it costs a few system calls.
 */
async function codeOfDrafts(drafts: readonly Draft[], looking: Looking): Promise<Result<CodeOf, Problem>> {
  const trees = new Map<string, GitTree | null>();
  const modes = new Map<string, CodeMode>();
  for (const { spec } of drafts) {
    const mode = spec.code?.mode ?? "record";
    if (mode === "none") continue;
    const { cwd } = spec.kind;
    const tree = trees.getOrInsertComputed(cwd, gitTreeOf);
    if (tree === null && mode === "snapshot") return err(noTree(cwd));
    if (tree !== null && modes.get(tree.root) !== "snapshot") modes.set(tree.root, mode);
  }
  if (modes.size === 0) return ok(() => undefined);
  const found = new Map<string, Code>();
  const first = new Map([...trees.values()].flatMap((tree) => (tree === null ? [] : [[tree.root, tree]])));
  const looked = await Promise.all(
    [...first].map(async ([root, tree], index) => {
      if (modes.get(root) === "snapshot") return snapshotOf(tree, looking);
      return ok(
        index < MAX_TREES
          ? await recordOf(tree, looking)
          : headAlone(tree, `more than ${MAX_TREES} git trees`),
      );
    }),
  );
  for (const code of looked) {
    if (!code.ok) return code;
    found.set(code.value.root, code.value);
  }
  return ok(({ spec }) => {
    const mode = spec.code?.mode ?? "record";
    const tree = mode === "none" ? null : (trees.get(spec.kind.cwd) ?? null);
    const code = tree === null ? undefined : found.get(tree.root);
    if (tree === null || code === undefined) return undefined;
    return { ...(mode === "snapshot" ? code : withoutSnapshot(code)), folder: tree.folder };
  });
}

/** Of a task that did not ask for the snapshot, and runs in the tree. */
function withoutSnapshot({ root, folder, commit, branch, during, changed, unknown }: Code): Code {
  return {
    root,
    folder,
    ...(commit !== undefined && { commit }),
    ...(branch !== undefined && { branch }),
    ...(during !== undefined && { during }),
    ...(changed !== undefined && { changed }),
    ...(unknown !== undefined && { unknown }),
  };
}

async function recordOf(tree: GitTree, { env, layout }: Looking): Promise<Code> {
  const { recordTree } = await import("../../run/code/record.ts");
  return recordTree(tree, { env, without: layout.home });
}

/** Omits drafts whose work is done, and looks at the code of the others; with `reuse`, the code says what the work is. */
export async function leftWithCode(
  drafts: readonly Draft[],
  seen: QueueView,
  looking: Looking,
): Promise<Result<{ readonly left: Left; readonly code: CodeOf }, Problem>> {
  const early = drafts.some(({ spec }) => spec.reuse === true) ? await codeOfDrafts(drafts, looking) : null;
  if (early?.ok === false) return early;
  const left = seen.without(drafts, early?.value);
  if (!left.ok) return left;
  const code = early ?? (await codeOfDrafts(left.value.drafts, looking));
  return code.ok ? ok({ left: left.value, code: code.value }) : code;
}

/** The code of a draft without its changed files, which only git finds: for the loop, which waits for no process. */
export function commitOfDraft({ spec }: Draft): Code | undefined {
  const tree = spec.code?.mode === "none" ? null : gitTreeOf(spec.kind.cwd);
  return tree === null ? undefined : headAlone(tree, "not looked for where a schedule fires");
}

function headAlone(tree: GitTree, unknown: string): Code {
  const { root, folder } = tree;
  return { root, folder, ...headOf(tree), unknown };
}

async function snapshotOf(tree: GitTree, looking: Looking): Promise<Result<Code, Problem>> {
  const [{ makeSnapshot }, { noteSnapshot }] = await Promise.all([
    import("../../run/code/snapshot.ts"),
    import("../../store/snapshots.ts"),
  ]);
  const { clock, env, layout, tell } = looking;
  const making = tryFs("make a snapshot of the code", () =>
    makeSnapshot(tree, {
      env,
      tmp: layout.tmp,
      home: layout.home,
      note: (snapshot) => noteSnapshot(layout, { snapshot, root: tree.root }, clock.now()),
      nowMs: () => clock.awakeMs(),
    }),
  );
  if (!making.ok) return making;
  const made = await making.value;
  if (!made.ok) return err(noSnapshot(tree.root, made.error));
  tellOfGaps(tell, made.value);
  return made;
}

/** What a snapshot lacks is told when it is made: the job would only miss a file. */
function tellOfGaps(tell: Looking["tell"], { snapshot = "", leftOut, uncovered = [] }: Code): void {
  const what = `stint: the snapshot ${shortHash(snapshot)}`;
  if (leftOut !== undefined) {
    const names = leftOut.names.slice(0, 5).join(", ");
    const more = leftOut.count > 5 ? ", …" : "";
    tell(
      `${what} leaves out ${counted(leftOut.count, "new file")} over its limits: ${names}${more}; git add them, or link them (see stint help code)\n`,
    );
  }
  if (uncovered.length > 0) tell(`${what} does not cover ${uncovered.join(", ")}\n`);
}

function noTree(folder: string): Problem {
  const bare = bareRepositoryOf(folder);
  const is = bare === null ? "it is in no git tree" : `the repository ${bare} is bare: it has no work tree`;
  const message = `Cannot take a snapshot of the code in "${folder}": ${is}, wanted a git work tree`;
  return problem("NO_SNAPSHOT", message, "make one with git init, or submit it without code: snapshot");
}

function noSnapshot(root: string, { why, text }: { readonly why: string; readonly text: string }): Problem {
  const hint = {
    missing: "install git, or submit it with --code none",
    distrusts: `if you trust it: git config --global --add safe.directory ${root}`,
    slow: "tell git to ignore large files, or submit it with --code record",
    failed: "see what git says: git status; or submit it with --code record",
  }[why];
  return problem("NO_SNAPSHOT", `Cannot take a snapshot of the code in "${root}": ${text}`, hint);
}
