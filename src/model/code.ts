import * as v from "valibot";
import { counted } from "../lib/counted.ts";

/** What is kept of the git tree that a task runs in. */
export const CODE_MODES = ["record", "snapshot", "none"] as const;
export type CodeMode = (typeof CODE_MODES)[number];

/** More paths of `code.link` come from a program. */
export const MAX_LINKS = 100;
/** Names kept of changed files, and of files that a snapshot leaves out; their number is kept too. */
const MAX_CODE_NAMES = 20;
/** Longer names are cut: a record with twenty of them stays small. */
const MAX_CODE_NAME_LENGTH = 256;

/** True for a path that leads to nothing outside the folder that it begins at. */
export function isLinkPath(path: string): boolean {
  return !path.startsWith("/") && !path.split("/").includes("..") && !path.includes("\0");
}

/** A path below the working directory of the task, as it was written. */
const linkPath = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(4_096),
  v.check(isLinkPath, "wanted a relative path without .."),
);

/** What a task asks for; absent: `record`. */
export const codeSpec = v.pipe(
  v.strictObject({
    mode: v.picklist(CODE_MODES),
    /** What git ignores is not in a snapshot; these paths of the tree are linked into the checkout. */
    link: v.optional(v.pipe(v.array(linkPath), v.minLength(1), v.maxLength(MAX_LINKS))),
  }),
  v.check(({ mode, link }) => link === undefined || mode === "snapshot", "link is for code: snapshot alone"),
);
export type CodeSpec = v.InferOutput<typeof codeSpec>;

/** SHA-1 or SHA-256. */
const hash = v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/));
const some = v.strictObject({
  count: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** The first of them. */
  names: v.array(v.string()),
});
export type SomeFiles = v.InferOutput<typeof some>;

/** The git tree of a task, as it was when the task was submitted. */
export const code = v.strictObject({
  /** The top folder of the tree, without symbolic links. */
  root: v.string(),
  /** The task's working directory below it; empty for the top folder. */
  folder: v.string(),
  /** Absent where there is no commit yet. */
  commit: v.optional(hash),
  /** Absent where HEAD is detached. */
  branch: v.optional(v.string()),
  /** Set where git was in the middle of a rebase, a merge or the like. */
  during: v.optional(v.string()),
  /** Files that differ from the commit, new ones included; absent where they are unknown. */
  changed: v.optional(some),
  /** Why they are unknown. */
  unknown: v.optional(v.string()),
  /** The commit that holds all of the tree, changed and new files included; `refs/stint/` keeps it. */
  snapshot: v.optional(hash),
  /** The content of the snapshot: the same for two of equal content. */
  tree: v.optional(hash),
  /** New files that a snapshot leaves out. */
  leftOut: v.optional(some),
  /** What a snapshot does not cover: submodules, nested repositories, the content of LFS. */
  uncovered: v.optional(v.array(v.string())),
});
export type Code = v.InferOutput<typeof code>;

/** A snapshot that is to be checked out for an attempt; it is absent where none was made. */
export const checkoutOrder = v.strictObject({
  root: v.string(),
  folder: v.string(),
  snapshot: v.optional(hash),
  link: v.array(linkPath),
});
export type CheckoutOrder = v.InferOutput<typeof checkoutOrder>;

/** The order for a task; null for one that runs in its tree. */
export function checkoutOf(spec: CodeSpec | undefined, of: Code | undefined): CheckoutOrder | null {
  if (spec?.mode !== "snapshot") return null;
  const { root = "", folder = "", snapshot } = of ?? {};
  return { root, folder, ...(snapshot !== undefined && { snapshot }), link: spec.link ?? [] };
}

/** What a home notes of a snapshot: the tree whose repository keeps it. */
export const keptSnapshot = v.strictObject({ root: v.string() });

/** A commit as people write it. */
export function shortHash(of: string): string {
  return of.slice(0, 7);
}

/** The names and the number of files, as they are kept. */
export function someOf(names: readonly string[], count = names.length): SomeFiles {
  const kept = names.slice(0, MAX_CODE_NAMES).map((name) => name.slice(0, MAX_CODE_NAME_LENGTH));
  return { count, names: kept };
}

/** `415ea3a + 21 changed files, snapshot 6ac22d4`. */
export function describeCode({ commit, changed, unknown, snapshot, during }: Code): string {
  const at = commit === undefined ? "no commit yet" : shortHash(commit);
  const files =
    changed === undefined
      ? ` + unknown changes${unknown === undefined ? "" : ` (${unknown})`}`
      : changed.count === 0
        ? ""
        : ` + ${counted(changed.count, "changed file")}`;
  const middle = during === undefined ? "" : `, in the middle of a ${during}`;
  return `${at}${files}${middle}${snapshot === undefined ? "" : `, snapshot ${shortHash(snapshot)}`}`;
}
