import { lstatSync } from "node:fs";
import { join } from "node:path";
import { counted } from "../lib/counted.ts";
import { unlessRefused } from "../lib/errno.ts";
import type { EndedAttempt } from "../model/attempt.ts";
import { type Code, describeCode, shortHash } from "../model/code.ts";
import { nameOf } from "../model/identity.ts";
import { packageChanges } from "../model/packages.ts";
import type { Task } from "../model/task.ts";
import { gitTreeOf } from "../run/code/tree.ts";
import { Finder, isLong } from "../store/finder.ts";
import type { Layout } from "../store/layout.ts";
import { readTask } from "../store/reader.ts";
import type { Caller } from "./caller.ts";
import { packagesOf } from "./compared.ts";

/** Earlier tasks of the same name that are asked for their packages. */
const MAX_ASKED = 3;
const MAX_NAMED = 3;

/** The code and the packages of a task, in one line; null where nothing is known of either. */
export async function codeSeen(
  { env }: Pick<Caller, "env">,
  layout: Layout,
  task: Task,
): Promise<string | null> {
  const { code } = task.metadata;
  const since = await changesSince({ env }, layout, task);
  const parts = [
    code === undefined ? null : `${describeCode(code)}${lacksOf(code)}${since === null ? "" : `; ${since}`}`,
    packagesSeen(layout, task),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(" · ");
}

/** What a snapshot lacks. */
function lacksOf({ leftOut, uncovered = [] }: Code): string {
  const names = leftOut?.names.slice(0, MAX_NAMED).join(", ");
  const more = (leftOut?.count ?? 0) > MAX_NAMED ? ", …" : "";
  return [
    leftOut === undefined ? "" : `, without ${counted(leftOut.count, "new file")} (${names}${more})`,
    uncovered.length === 0 ? "" : `, not covered: ${uncovered.join(", ")}`,
  ].join("");
}

/** What has changed in the tree of a queued task since it was submitted, and so will run; null for nothing that is known. */
export async function changesSince(
  { env }: Pick<Caller, "env">,
  layout: Layout,
  { metadata, spec, status }: Task,
): Promise<string | null> {
  const { code, createdAt } = metadata;
  if (code === undefined || status.state !== "queued" || spec.code?.mode === "snapshot") return null;
  const tree = gitTreeOf(spec.kind.cwd);
  if (tree === null || tree.root !== code.root) return null;
  const { recordTree } = await import("../run/code/record.ts");
  const now = await recordTree(tree, { env, without: layout.home });
  const moved =
    now.commit === undefined || now.commit === code.commit ? null : `HEAD is ${shortHash(now.commit)} now`;
  const submittedMs = Date.parse(createdAt);
  const edited = (now.changed?.names ?? []).filter((name) => changedMs(join(code.root, name)) > submittedMs);
  const names = edited.slice(0, MAX_NAMED).join(", ");
  const files = edited.length === 0 ? null : `${names}${edited.length > MAX_NAMED ? ", …" : ""} changed`;
  const told = [moved, files].filter((one) => one !== null);
  return told.length === 0 ? null : `since then ${told.join(", and ")}`;
}

function changedMs(path: string): number {
  return unlessRefused(() => lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0, 0);
}

/** `packages 252, Python 3.11, differs from task 7 by 2`. */
function packagesSeen(layout: Layout, task: Task): string | null {
  const last = withPackages(task).at(-1);
  if (last?.packages === undefined) return null;
  const { count, python } = last.packages;
  const what = `packages ${count}${python === undefined ? "" : `, Python ${python}`}`;
  const now = packagesOf(layout, task, last.number);
  const before = now === null ? null : earlierThan(layout, task, last);
  if (now === null || before === null) return what;
  const { of, attempt } = before;
  const then = packagesOf(layout, of, attempt.number);
  if (then === null) return what;
  const changes = packageChanges(then.versions, now.versions).length;
  const name = of === task ? `attempt ${attempt.number}` : `task ${of.metadata.number}`;
  return `${what}, ${changes === 0 ? `as in ${name}` : `differs from ${name} by ${changes}`}`;
}

function withPackages({ status }: Task): EndedAttempt[] {
  return status.attempts.flatMap((one) =>
    one.state !== "running" && one.packages !== undefined ? [one] : [],
  );
}

/** The last attempt before one that has packages: of the same task, of the one that it is a copy of, or of one with its name. */
function earlierThan(
  layout: Layout,
  task: Task,
  last: EndedAttempt,
): { readonly of: Task; readonly attempt: EndedAttempt } | null {
  const own = withPackages(task)
    .filter((one) => one.number < last.number)
    .at(-1);
  if (own !== undefined) return { of: task, attempt: own };
  const { resubmitOf, number, name } = task.metadata;
  // Of a long home, the list of its names takes longer than all else that is shown.
  const namesakes = isLong(layout)
    ? []
    : new Finder(layout).ids.filter((id) => nameOf(id) === name && Number.parseInt(id, 10) < number);
  const asked = [
    ...(resubmitOf === undefined ? [] : [resubmitOf]),
    ...namesakes.toReversed().slice(0, MAX_ASKED),
  ];
  for (const id of asked) {
    const read = readTask(layout, id);
    const attempt = read.ok ? withPackages(read.value).at(-1) : undefined;
    if (read.ok && attempt !== undefined) return { of: read.value, attempt };
  }
  return null;
}
