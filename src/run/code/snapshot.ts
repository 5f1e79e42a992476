import {
  copyFileSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { formatBytes } from "../../lib/bytes.ts";
import { errnoOf, unlessRefused } from "../../lib/errno.ts";
import { failpoint } from "../../lib/failpoint.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type Code, shortHash, someOf } from "../../model/code.ts";
import { type GitFault, git } from "./git.ts";
import { isWithin, recordTree } from "./record.ts";
import type { GitTree } from "./tree.ts";

/*
 * A snapshot is a commit with all of a work tree: changed and new files included, ignored ones not. The user's index, HEAD and branches
 * stay as they are: all is done in a copy of the index.
 *
 * Order of effects: the index is copied, changed files and new files are added to the copy, and a tree and a commit are made of it;
 * `note` records the snapshot in the home; a ref under refs/stint/ keeps it from then on. A crash before the ref leaves objects that git
 * collects, and perhaps a note without a ref, which a clean-up removes.
 *
 * The author, the message and the date are always the same: two submissions of the same content are one commit.
 */

/** Larger new files stay out: data and models that no one has told git to ignore. */
const MAX_NEW_FILE_BYTES = 1_024 * 1_024;
/** All new files of a snapshot. */
const MAX_NEW_BYTES = 50 * 1_024 * 1_024;
/** Of the whole snapshot; changed files of gigabytes take longer. Less than a reader of the inbox may take. */
const SNAPSHOT_TIMEOUT_MS = 45_000;

const PERSON = "stint";
const IDENTITY = {
  GIT_AUTHOR_NAME: PERSON,
  GIT_AUTHOR_EMAIL: PERSON,
  GIT_AUTHOR_DATE: "@0 +0000",
  GIT_COMMITTER_NAME: PERSON,
  GIT_COMMITTER_EMAIL: PERSON,
  GIT_COMMITTER_DATE: "@0 +0000",
};

interface Making {
  readonly env: Readonly<Record<string, string>>;
  /** A folder for the copy of the index. */
  readonly tmp: string;
  /** Its files are no code. Part of the commit's message: two homes have different snapshots, as each removes its own. */
  readonly home: string;
  /** Records that the snapshot is about to be kept. */
  readonly note: (snapshot: string) => void;
  readonly nowMs: () => number;
  readonly timeoutMs?: number;
}

/** The ref that keeps a snapshot. */
export function snapshotRef(snapshot: string): string {
  return `refs/stint/${snapshot}`;
}

/** Makes a snapshot of a tree; the record of the tree with it. Throws what the disk of the home refuses. */
export async function makeSnapshot(tree: GitTree, making: Making): Promise<Result<Code, GitFault>> {
  const { env, tmp, home, note, nowMs, timeoutMs = SNAPSHOT_TIMEOUT_MS } = making;
  const endMs = nowMs() + timeoutMs;
  const folder = mkdtempSync(join(tmp, "code-"));
  const index = join(folder, "index");
  const call: Call = (args, input) =>
    git({
      args,
      cwd: tree.root,
      env,
      set: { ...IDENTITY, GIT_INDEX_FILE: index },
      timeoutMs: Math.max(1, endMs - nowMs()),
      ...(input !== undefined && { input }),
    });
  try {
    const recorded = await recordTree(tree, { env, without: home, timeoutMs });
    if (recorded.changed === undefined) {
      const probe = await call(["rev-parse", "--is-inside-work-tree"]);
      if (!probe.ok) return probe;
    }
    const copied = copyIndex(tree, index);
    if (!copied.ok) return copied;
    const changed = await call(["add", "--update"]);
    if (!changed.ok) return changed;
    const added = await addNewFiles(tree, { call, without: home, list: join(folder, "new") });
    if (!added.ok) return added;
    const written = await call(["write-tree"]);
    if (!written.ok) return written;
    const content = written.value.trim();
    const kept = await keep(content, { parent: recorded.commit, call, home, note });
    if (!kept.ok) return kept;
    const uncovered = [...added.value.nested, ...(await uncoveredIn(tree, call))];
    const { leftOut } = added.value;
    return ok({
      ...recorded,
      snapshot: kept.value,
      tree: content,
      ...(leftOut.length > 0 && { leftOut: someOf(leftOut) }),
      ...(uncovered.length > 0 && { uncovered: someOf(uncovered).names }),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes a snapshot of a commit; refused where the repository does not have it any more. */
export async function snapshotOfCommit(
  { root }: Pick<GitTree, "root">,
  commit: string,
  { env, home, note, timeoutMs = SNAPSHOT_TIMEOUT_MS }: Omit<Making, "tmp" | "nowMs">,
): Promise<Result<{ readonly snapshot: string; readonly tree: string }, GitFault>> {
  const call: Call = (args) => git({ args, cwd: root, env, set: IDENTITY, timeoutMs });
  const found = await call(["rev-parse", "--verify", "--quiet", `${commit}^{tree}`]);
  if (!found.ok) {
    const { why } = found.error;
    return why === "failed"
      ? err({ why, text: `the repository has no commit ${shortHash(commit)} any more` })
      : found;
  }
  const tree = found.value.trim();
  const kept = await keep(tree, { parent: commit, call, home, note });
  return kept.ok ? ok({ snapshot: kept.value, tree }) : kept;
}

/** Makes the commit of a content, and the ref that keeps it. */
async function keep(
  content: string,
  of: Pick<Making, "home" | "note"> & { readonly parent: string | undefined; readonly call: Call },
): Promise<Result<string, GitFault>> {
  const { parent, call, home, note } = of;
  const parents = parent === undefined ? [] : ["-p", parent];
  const message = `code of tasks in ${home}`;
  const committed = await call(["commit-tree", "--no-gpg-sign", ...parents, "-m", message, content]);
  if (!committed.ok) return committed;
  return refer(committed.value.trim(), { call, note });
}

/** Keeps a snapshot that was made before; refused where the repository does not have it any more. */
export async function keepAgain(
  { root }: Pick<GitTree, "root">,
  snapshot: string,
  { env, note, timeoutMs = SNAPSHOT_TIMEOUT_MS }: Pick<Making, "env" | "note" | "timeoutMs">,
): Promise<Result<string, GitFault>> {
  const call: Call = (args) => git({ args, cwd: root, env, timeoutMs });
  const kept = await refer(snapshot, { call, note });
  if (kept.ok || kept.error.why !== "failed") return kept;
  return err({ why: "failed", text: `the repository has no snapshot ${shortHash(snapshot)} any more` });
}

async function refer(
  snapshot: string,
  { call, note }: Pick<Making, "note"> & { readonly call: Call },
): Promise<Result<string, GitFault>> {
  note(snapshot);
  failpoint("snapshot:noted");
  const kept = await call(["update-ref", snapshotRef(snapshot), snapshot]);
  if (!kept.ok) return kept;
  failpoint("snapshot:kept");
  return ok(snapshot);
}

type Call = (args: readonly string[], input?: string) => Promise<Result<string, GitFault>>;

/**
 * A repository without a commit may have no index yet. The copy keeps the time of the index: git compares the content of the files that
 * were written in the same second, or later, and takes others of the same size as unchanged.
 */
function copyIndex({ gitDir }: GitTree, to: string): Result<null, GitFault> {
  const from = join(gitDir, "index");
  try {
    // Before the copy: of an index that is replaced meanwhile, more is compared.
    const stat = statSync(from, { throwIfNoEntry: false });
    if (stat === undefined) return ok(null);
    copyFileSync(from, to);
    utimesSync(to, stat.atime, stat.mtime);
    return ok(null);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return err({ why: "failed", text: `the index of git cannot be copied (${errno})` });
  }
}

/** Adds new files within the limits; the others are named with their sizes. */
async function addNewFiles(
  { root }: GitTree,
  { call, without, list }: { readonly call: Call; readonly without: string; readonly list: string },
): Promise<Result<{ readonly leftOut: string[]; readonly nested: string[] }, GitFault>> {
  const found = await call(["ls-files", "--others", "--exclude-standard", "-z"]);
  if (!found.ok) return found;
  const [chosen, leftOut, nested]: [string[], string[], string[]] = [[], [], []];
  let bytes = 0;
  for (const name of found.value.split("\0")) {
    if (name === "" || isWithin(without, join(root, name))) continue;
    if (name.endsWith("/")) {
      nested.push(`nested repository ${name.slice(0, -1)}`);
      continue;
    }
    const stat = unlessRefused(() => lstatSync(join(root, name), { throwIfNoEntry: false }), undefined);
    // Neither a FIFO nor a socket is content, and a file may be gone by now.
    if (stat === undefined || !(stat.isFile() || stat.isSymbolicLink())) continue;
    if (stat.size > MAX_NEW_FILE_BYTES || bytes + stat.size > MAX_NEW_BYTES) {
      leftOut.push(`${name} (${formatBytes(stat.size)})`);
      continue;
    }
    bytes += stat.size;
    chosen.push(name);
  }
  if (chosen.length > 0) {
    writeFileSync(list, `${chosen.join("\0")}\0`, { mode: 0o600 });
    // A file that is removed meanwhile is left out.
    const added = await call(["update-index", "--add", "--remove", "-z", "--stdin"], list);
    if (!added.ok) return added;
  }
  return ok({ leftOut, nested });
}

/** A gitlink in the list of `git ls-files --stage`. */
const SUBMODULE = /^160000 [0-9a-f]+ \d\t(.+)$/s;
const ATTRIBUTES = /^\d+ [0-9a-f]+ \d\t((?:.+\/)?\.gitattributes)$/s;
const MAX_ATTRIBUTES_READ = 100;

/** Submodules, and LFS where a file of attributes asks for it. */
async function uncoveredIn({ root }: GitTree, call: Call): Promise<string[]> {
  const listed = await call(["ls-files", "--stage", "-z"]);
  if (!listed.ok) return [`submodules and LFS were not looked for: ${listed.error.text}`];
  const entries = listed.value.split("\0");
  const submodules = entries.flatMap((entry) => SUBMODULE.exec(entry)?.[1] ?? []);
  const attributes = entries.flatMap((entry) => ATTRIBUTES.exec(entry)?.[1] ?? []);
  const hasLfs = attributes
    .slice(0, MAX_ATTRIBUTES_READ)
    .some((name) => /\bfilter=lfs\b/.test(unlessRefused(() => readFileSync(join(root, name), "utf8"), "")));
  return [...submodules.map((name) => `submodule ${name}`), ...(hasLfs ? ["content of LFS"] : [])];
}
