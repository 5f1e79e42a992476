import { join } from "node:path";
import { type Code, someOf } from "../../model/code.ts";
import { type GitFault, git } from "./git.ts";
import { type GitTree, headOf } from "./tree.ts";

/** A tree that takes longer, such as one on a cold disk, is recorded without its changed files. */
const CHANGES_TIMEOUT_MS = 500;

interface Recording {
  readonly env: Readonly<Record<string, string>>;
  /** A folder whose files are no code: the home may be in the tree. */
  readonly without: string;
  readonly timeoutMs?: number;
}

/** The commit, the branch and the changed files of a tree. Never fails: what is not known is left out, with the reason. */
export async function recordTree(
  tree: GitTree,
  { env, without, timeoutMs = CHANGES_TIMEOUT_MS }: Recording,
): Promise<Code> {
  const { root, folder } = tree;
  const head = headOf(tree);
  const status = await git({
    args: ["status", "--porcelain=v2", "--branch", "-z"],
    cwd: root,
    env,
    timeoutMs,
  });
  if (!status.ok) return { root, folder, ...head, unknown: reasonOf(status.error) };
  const { commit, names } = statusIn(status.value);
  return {
    root,
    folder,
    // The files of the repository were read a moment before: what git says belongs to its list of files.
    ...(commit !== null && { commit }),
    ...(head.branch !== undefined && { branch: head.branch }),
    ...(head.during !== undefined && { during: head.during }),
    changed: someOf(names.filter((name) => !isWithin(without, join(root, name)))),
  };
}

function reasonOf({ text }: GitFault): string {
  return text;
}

/** True for a folder itself and all below it. */
export function isWithin(folder: string, path: string): boolean {
  return `${path.replace(/\/+$/, "")}/`.startsWith(`${folder}/`);
}

/** What `git status --porcelain=v2 --branch -z` says. */
function statusIn(text: string): { readonly commit: string | null; readonly names: string[] } {
  const entries = text.split("\0");
  const names: string[] = [];
  let commit: string | null = null;
  for (let at = 0; at < entries.length; at += 1) {
    const entry = entries[at] ?? "";
    const [kind] = entry;
    if (entry.startsWith(OID)) commit = entry.slice(OID.length);
    const fields = kind === undefined ? undefined : FIELDS_BEFORE_NAME[kind];
    if (fields === undefined) continue;
    names.push(entry.split(" ").slice(fields).join(" "));
    // The next entry is the name that a renamed file had.
    if (kind === "2") at += 1;
  }
  return { commit: commit === "(initial)" ? null : commit, names };
}

const OID = "# branch.oid ";
/** By the kind of an entry; see git-status(1), "Porcelain Format Version 2". */
const FIELDS_BEFORE_NAME: Readonly<Record<string, number>> = { "1": 8, "2": 9, u: 10, "?": 1 };
