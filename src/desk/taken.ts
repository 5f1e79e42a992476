import { unlessRefused } from "../lib/errno.ts";
import { changedVariables } from "../model/changed-variables.ts";
import { describeCode, shortHash } from "../model/code.ts";
import type { Task } from "../model/task.ts";
import { gitTreeOf, headOf } from "../run/code/tree.ts";
import { readEnvironment } from "../store/environments.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import { inheritable } from "./inheritable.ts";

/** Of more tasks at once nothing is told: what differs may be another thing for each. */
const MAX_TOLD = 3;
const MAX_NAMED = 5;

/** Tells with which environment and code tasks run again, where these may be others than one thinks. */
export function tellOfRetried(
  caller: Pick<Caller, "env" | "err">,
  layout: Layout,
  tasks: readonly Task[],
): void {
  if (tasks.length > MAX_TOLD) return;
  for (const task of tasks) {
    const { number, code } = task.metadata;
    const others = otherVariables(caller, layout, task);
    const parts = [
      others === null
        ? null
        : `the environment of its submission, which differs from this shell in ${others}`,
      code?.snapshot === undefined || task.spec.code?.mode !== "snapshot"
        ? codeNow(task)
        : `the code of its snapshot ${shortHash(code.snapshot)}`,
    ].filter((part) => part !== null);
    if (parts.length > 0) caller.err(`stint: ${number} runs again with ${parts.join(", and ")}\n`);
  }
}

/** Tells with which environment and code the copy of a task was made, where these are others. */
export function tellOfCopy(
  caller: Pick<Caller, "env" | "err">,
  layout: Layout,
  of: { readonly original: Task; readonly copy: Task; readonly isExact: boolean },
): void {
  const { original, copy, isExact } = of;
  const { number, code: before } = original.metadata;
  const { code } = copy.metadata;
  if (isExact) {
    const what = code?.snapshot === undefined ? "" : `, its code (snapshot ${shortHash(code.snapshot)})`;
    caller.err(`stint: as ${number}, with its environment${what} and its packages\n`);
    return;
  }
  const others = otherVariables(caller, layout, original);
  const isOther = code !== undefined && before !== undefined && describeCode(code) !== describeCode(before);
  const parts = [
    others === null
      ? null
      : `the environment of this shell, which differs from that of ${number} in ${others}`,
    isOther ? `the code as it is now: ${describeCode(code)} (${number}: ${describeCode(before)})` : null,
  ].filter((part) => part !== null);
  if (parts.length > 0) caller.err(`stint: with ${parts.join(", and ")}\n`);
}

/** The names of the variables that this shell and the environment of a task do not have in common; null for none. */
function otherVariables(
  { env }: Pick<Caller, "env">,
  layout: Layout,
  { metadata, spec }: Task,
): string | null {
  const { environment: hash } = metadata;
  if (hash === undefined || spec.kind.environment.policy !== "inherit") return null;
  const kept = unlessRefused(() => readEnvironment(layout, hash), null);
  const changed = kept === null ? [] : changedVariables(kept, inheritable(env));
  if (changed.length === 0) return null;
  const names = changed.slice(0, MAX_NAMED).map(({ name }) => name);
  return `${names.join(" ")}${changed.length > MAX_NAMED ? ` and ${changed.length - MAX_NAMED} more` : ""}`;
}

/** Where a task without a snapshot runs another commit than it was submitted with. */
function codeNow({ metadata: { code }, spec }: Task): string | null {
  const tree = code?.commit === undefined ? null : gitTreeOf(spec.kind.cwd);
  const { commit } = tree === null ? {} : headOf(tree);
  if (code?.commit === undefined || commit === undefined || commit === code.commit) return null;
  return `the code as it is now: ${shortHash(commit)}, and not ${describeCode(code)}`;
}
