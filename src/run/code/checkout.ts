import {
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { unlessRefused } from "../../lib/errno.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { ATTEMPT_FILES } from "../../model/attempt-files.ts";
import { type Code, shortHash } from "../../model/code.ts";
import { git } from "./git.ts";
import { gitTreeOf } from "./tree.ts";

/** A snapshot that is to be written into a folder. */
export interface Checkout {
  readonly code: Pick<Code, "root" | "folder"> & { readonly snapshot: string };
  /** Paths below the task's working directory that are linked to those of the work tree. */
  readonly link: readonly string[];
  /** Of the attempt. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A million files on a slow disk. */
const CHECKOUT_TIMEOUT_MS = 30 * 60_000;
const LOOK_TIMEOUT_MS = 30_000;

/** Why there is no checkout: the repository is not there now, it has the snapshot no more, the disk is full, or anything else. */
export interface CheckoutFault {
  readonly why: "gone" | "lost" | "full" | "failed";
  readonly text: string;
}

/**
 * Writes the files of a snapshot into the folder of an attempt, and the links. They appear at once, when all are there: what a crash
 * leaves is in another folder, which the next try removes.
 */
export async function checkOut({
  code,
  link,
  directory,
  env,
}: Checkout): Promise<Result<null, CheckoutFault>> {
  const { root, snapshot } = code;
  const what = `the snapshot ${shortHash(snapshot)}`;
  const tree = gitTreeOf(root);
  if (tree === null || tree.root !== root)
    return err({ why: "gone", text: `the repository of ${what}, ${root}, is not there` });
  const staged = join(directory, ATTEMPT_FILES.codeStaged);
  const index = join(directory, ATTEMPT_FILES.codeIndex);
  for (const left of [staged, index]) rmSync(left, { recursive: true, force: true });
  // For the user in a container, who may have any uid; the home keeps others out.
  mkdirSync(join(staged, code.folder), { recursive: true, mode: 0o755 });
  const { mtimeMs: begunMs } = statSync(staged);
  const read = await git({
    args: [`--git-dir=${tree.commonDir}`, `--work-tree=${staged}`, "read-tree", "-m", "-u", snapshot],
    cwd: staged,
    env,
    set: { GIT_INDEX_FILE: index },
    timeoutMs: CHECKOUT_TIMEOUT_MS,
  });
  rmSync(index, { force: true });
  if (!read.ok) {
    const has = await git({ args: ["cat-file", "-e", snapshot], cwd: root, env, timeoutMs: LOOK_TIMEOUT_MS });
    if (!has.ok && has.error.why === "failed")
      return err({ why: "lost", text: `the repository ${root} has ${what} no more` });
    const { text } = read.error;
    return err({
      why: /no space left|quota exceeded/i.test(text) ? "full" : "failed",
      text: `${what}: ${text}`,
    });
  }
  for (const path of link) {
    const fault = linkInto(path, { from: join(root, code.folder), to: join(staged, code.folder) });
    if (fault !== null) return err(fault);
  }
  writeFileSync(join(directory, ATTEMPT_FILES.codeMade), String(begunMs), { mode: 0o600 });
  renameSync(staged, join(directory, ATTEMPT_FILES.code));
  return ok(null);
}

/** Links a path of the work tree into the checkout; of a folder that the snapshot has too, what the snapshot lacks. */
function linkInto(
  path: string,
  { from, to }: { readonly from: string; readonly to: string },
): CheckoutFault | null {
  const [source, target] = [join(from, path), join(to, path)];
  const entry = statSync(source, { throwIfNoEntry: false });
  if (entry === undefined) return { why: "gone", text: `${source}, which is to be linked, does not exist` };
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there === undefined) {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    symlinkSync(source, target);
  } else if (entry.isDirectory() && there.isDirectory()) {
    const known = new Set(readdirSync(target));
    for (const name of readdirSync(source))
      if (!known.has(name)) unlessRefused(() => symlinkSync(join(source, name), join(target, name)), null);
  }
  return null;
}
