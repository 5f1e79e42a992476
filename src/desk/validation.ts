import { join } from "node:path";
import { counted } from "../lib/counted.ts";
import { errnoOf } from "../lib/errno.ts";
import { hashFile } from "../lib/file-hash.ts";
import type { Attempt } from "../model/attempt.ts";
import { ARTIFACTS_FOLDER } from "../model/attempt-files.ts";
import { shortHash } from "../model/code.ts";
import { packageChanges } from "../model/packages.ts";
import { git } from "../run/code/git.ts";
import { gitTreeOf } from "../run/code/tree.ts";
import { digestOf } from "../run/datasets/digest.ts";
import { readTree } from "../run/datasets/tree.ts";
import { mayBePython } from "../run/python/environment.ts";
import type { Layout } from "../store/layout.ts";
import { type Compared, manifestOf } from "./compared.ts";
import { changesInWords, packagesNow } from "./exact.ts";

/** One check of what an attempt left behind: what is on record, what is there now, and whether they agree. */
export interface TaskCheck {
  readonly name: string;
  readonly verdict: "ok" | "differs" | "unknown";
  readonly expected: string | null;
  readonly actual: string | null;
}

const LOOK_TIMEOUT_MS = 30_000;
/** More artifacts are hashed and counted, and only those that differ are named. */
const MAX_NAMED = 20;

/** Checks an attempt against what is there now: code, environment, packages, data and artifacts. Reads all of the data. */
export async function validated(
  { env }: { readonly env: Readonly<Record<string, string>> },
  layout: Layout,
  compared: Compared,
): Promise<TaskCheck[]> {
  return [
    await codeCheck(env, compared),
    environmentCheck(compared),
    ...packageChecks(compared),
    ...dataChecks(compared.attempt),
    ...artifactChecks(layout, compared),
  ];
}

function check(name: string, expected: string | null, actual: string | null): TaskCheck {
  const verdict = expected === null || actual === null ? "unknown" : expected === actual ? "ok" : "differs";
  return { name, verdict, expected, actual };
}

/** Whether the code that ran can be had again. */
async function codeCheck(env: Readonly<Record<string, string>>, { task }: Compared): Promise<TaskCheck> {
  const { code } = task.metadata;
  if (code === undefined) return check("code", null, null);
  const { root, snapshot, commit, changed } = code;
  const what = snapshot ?? commit;
  if (what === undefined) return check("code", null, "no commit");
  const name = `${snapshot === undefined ? "commit" : "snapshot"} ${shortHash(what)}`;
  const isLost = snapshot === undefined && changed?.count !== 0;
  const expected = isLost ? `${name} with its changed files` : name;
  if (gitTreeOf(root) === null) return check("code", expected, `no repository in ${root}`);
  const args = ["cat-file", "-e", `${what}^{commit}`];
  const found = await git({ args, cwd: root, env, timeoutMs: LOOK_TIMEOUT_MS });
  if (found.ok) return check("code", expected, name);
  return check("code", expected, found.error.why === "failed" ? "not in the repository" : null);
}

function environmentCheck({ task, environment }: Compared): TaskCheck {
  const { environment: hash } = task.metadata;
  if (hash === undefined) return check("environment", null, null);
  return check("environment", "kept", environment === null ? "removed" : "kept");
}

function packageChecks({ task, packages, environment }: Compared): TaskCheck[] {
  const { kind } = task.spec;
  if (kind.type !== "subprocess" || (packages === null && !mayBePython(kind.mode))) return [];
  if (packages === null || environment === null) return [check("packages", null, null)];
  const now = packagesNow(task, environment);
  const count = counted(Object.keys(packages.versions).length, "package");
  if (now === null) return [check("packages", count, `no environment in ${packages.prefix}`)];
  const changes = packageChanges(packages.versions, now.versions);
  return [check("packages", count, changes.length === 0 ? count : changesInWords(changes))];
}

function dataChecks(attempt: Attempt | null): TaskCheck[] {
  return Object.entries(attempt?.datasets ?? {}).map(([name, { path, sha256, md5 }]) => {
    const expected = sha256 ?? md5 ?? null;
    if (expected === null) return check(`data ${name}`, null, null);
    const tree = readTree(path);
    if (!tree.ok) return check(`data ${name}`, expected, `${tree.error.path} ${tree.error.is}`);
    const algorithm = sha256 === undefined ? "md5" : "sha256";
    const digest = digestOf(tree.value, { algorithm, onBytes: () => {} });
    return check(
      `data ${name}`,
      expected,
      digest.ok ? digest.value : `${digest.error.path} ${digest.error.is}`,
    );
  });
}

/** One for all artifacts that are as they were, and one for each other. */
function artifactChecks(layout: Layout, { task, attempt }: Compared): TaskCheck[] {
  const manifest = attempt === null ? null : manifestOf(layout, task, attempt.number);
  if (attempt === null || attempt.state === "running" || attempt.artifacts === undefined) return [];
  if (manifest?.artifacts === undefined) return [check("artifacts", null, null)];
  const folder = join(layout.attempt(task.metadata.id, attempt.number), ARTIFACTS_FOLDER);
  const others: TaskCheck[] = [];
  let same = 0;
  for (const { path, sha256 } of manifest.artifacts) {
    if (sha256 === undefined) continue;
    const actual = hashAt(join(folder, path));
    if (actual === sha256) same += 1;
    else if (others.length < MAX_NAMED) others.push(check(`artifact ${path}`, sha256, actual));
  }
  const all = counted(same, "file");
  return [...(same > 0 ? [check("artifacts", all, all)] : []), ...others];
}

function hashAt(path: string): string {
  try {
    return hashFile(path, () => {}).sha256;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return errno === "ENOENT" ? "gone" : `cannot be read (${errno})`;
  }
}
