import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { unlessRefused } from "../../lib/errno.ts";
import { textOf } from "../../lib/file-text.ts";

/** A git work tree and the folders of its repository; nothing here runs git. */
export interface GitTree {
  /** The top folder, without symbolic links. */
  readonly root: string;
  /** The folder that the tree was found from, below the top one; empty for that one. */
  readonly folder: string;
  /** Of this work tree: its HEAD and its index. */
  readonly gitDir: string;
  /** Of the repository, which several work trees may share: its objects and refs. */
  readonly commonDir: string;
}

/** A commit and where it was found. */
export interface Head {
  readonly commit?: string;
  readonly branch?: string;
  readonly during?: string;
}

/** The git tree that a folder is in; null where it is in none. */
export function gitTreeOf(folder: string): GitTree | null {
  const from = unlessRefused(() => realpathSync(folder), null);
  if (from === null) return null;
  for (let at = from; ; at = dirname(at)) {
    const gitDir = gitDirAt(join(at, ".git"));
    if (gitDir !== null)
      return { root: at, folder: relative(at, from), gitDir, commonDir: commonDirOf(gitDir) };
    // Within a repository there is no work tree, as in a bare one.
    if (at === dirname(at) || isRepository(at)) return null;
  }
}

/** The repository without a work tree that a folder is in; null where it is in none. */
export function bareRepositoryOf(folder: string): string | null {
  const from = unlessRefused(() => realpathSync(folder), null);
  for (let at = from; at !== null; at = at === dirname(at) ? null : dirname(at))
    if (isRepository(at)) return at;
  return null;
}

/** As git tells a repository. */
function isRepository(folder: string): boolean {
  return ["HEAD", "objects", "refs"].every((name) => existsSync(join(folder, name)));
}

function gitDirAt(path: string): string | null {
  const entry = unlessRefused(() => statSync(path, { throwIfNoEntry: false }), undefined);
  // In a folder of a work tree, objects and refs are those of the repository.
  if (entry?.isDirectory() === true) return existsSync(join(path, "HEAD")) ? path : null;
  if (entry?.isFile() !== true || entry.size > MAX_TEXT_BYTES) return null;
  const [, target] = /^gitdir: (.+)$/m.exec(textOf(path) ?? "") ?? [];
  if (target === undefined) return null;
  const folder = resolve(dirname(path), target);
  return existsSync(join(folder, "HEAD")) ? folder : null;
}

function commonDirOf(gitDir: string): string {
  const text = smallText(join(gitDir, "commondir"))?.trim();
  return text === undefined || text === "" ? gitDir : resolve(gitDir, text);
}

/** The commit and the branch as the files of the repository have them; the commit is absent where only git can find it. */
export function headOf({ gitDir, commonDir }: Pick<GitTree, "gitDir" | "commonDir">): Head {
  const text = smallText(join(gitDir, "HEAD"))?.trim() ?? "";
  const [, ref] = /^ref: (.+)$/.exec(text) ?? [];
  const during = operationIn(gitDir);
  const busy = during === null ? {} : { during };
  if (ref === undefined) return { ...(HASH.test(text) && { commit: text }), ...busy };
  const commit = commitOf(commonDir, ref);
  // With the format reftable, HEAD names no real branch.
  const isReal = ref.startsWith(BRANCHES) && ref !== `${BRANCHES}.invalid`;
  return {
    ...(commit !== null && { commit }),
    ...(isReal && { branch: ref.slice(BRANCHES.length) }),
    ...busy,
  };
}

const BRANCHES = "refs/heads/";
const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const MAX_TEXT_BYTES = 64 * 1_024;
/** Of a larger list of refs, git finds one faster. */
const MAX_PACKED_BYTES = 4 * 1_024 * 1_024;

function commitOf(commonDir: string, ref: string): string | null {
  const loose = smallText(join(commonDir, ref))?.trim() ?? "";
  if (HASH.test(loose)) return loose;
  const packed = smallText(join(commonDir, "packed-refs"), MAX_PACKED_BYTES) ?? "";
  const line = packed.split("\n").find((one) => one.endsWith(` ${ref}`)) ?? "";
  const [found = ""] = line.split(" ");
  return HASH.test(found) ? found : null;
}

const OPERATIONS = [
  ["rebase-merge", "rebase"],
  ["rebase-apply", "rebase"],
  ["MERGE_HEAD", "merge"],
  ["CHERRY_PICK_HEAD", "cherry-pick"],
  ["REVERT_HEAD", "revert"],
  ["BISECT_LOG", "bisect"],
] as const;

function operationIn(gitDir: string): string | null {
  return OPERATIONS.find(([file]) => existsSync(join(gitDir, file)))?.[1] ?? null;
}

/** The text of a regular file that is not too large; null for any other. */
function smallText(path: string, most = MAX_TEXT_BYTES): string | null {
  return unlessRefused(() => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isFile() === true && stat.size <= most ? readFileSync(path, "utf8") : null;
  }, null);
}
