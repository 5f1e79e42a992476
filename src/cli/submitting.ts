import type { Command } from "commander";
import { accept, refuseUnplaceable } from "../daemon/accept.ts";
import { machineCapacity } from "../daemon/capacity.ts";
import { refuseUnenforceable } from "../daemon/limit-refusal.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { probeMeans, thisMachine } from "../machine/means.ts";
import { type Problem, problem } from "../model/errors.ts";
import type { TaskId } from "../model/identity.ts";
import type { Draft } from "../model/submission.ts";
import type { Task } from "../model/task.ts";
import { newBatch, publishBatch } from "../store/batch.ts";
import { replaceFile } from "../store/durable.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock.ts";
import { onDisk } from "../store/trouble.ts";
import type { Context } from "./context.ts";
import { readLastSubmitted } from "./select.ts";
import { inheritable } from "./session.ts";
import { SLURM_FLAGS } from "./slurm.ts";

/** `@~N` reaches this far back. */
const MAX_REMEMBERED = 1_000;

/** The flags that set a key of the task, as commander gives them. */
export type FieldFlags = Readonly<Record<string, string | string[] | boolean | undefined>>;

/** Flags whose key in the task file has another name. */
const KEY_OF_FLAG: Readonly<Record<string, string>> = { at: "notBefore", label: "labels" };
const FIELD_FLAGS = [
  "name",
  "priority",
  "cpus",
  "memory",
  "gpus",
  "vram",
  "timeout",
  "retries",
  "cwd",
  "at",
  "hold",
];

/** Declares the flags that set keys of the tasks. */
export function declareFields(command: Command): Command {
  return command
    .option("--name <name>", "a name for it")
    .option("--priority <n>", "higher first, 0 to 1000")
    .option("--cpus <n>", "CPUs that it takes")
    .option("--memory <size>", "memory that it takes, like 8GB")
    .option("--gpus <n>", "GPUs that it takes")
    .option("--vram <size>", "memory of a GPU that it takes")
    .option("--timeout <duration>", "of one attempt, like 90s or 6h")
    .option("--retries <n>", "try again this often, after any failure that can go better")
    .option("--env <name=value...>", "a variable for the job")
    .option("--cwd <dir>", "its working directory (default: this one)")
    .option("--label <key=value...>", "a label")
    .option("--at <when>", "not before this time, or a duration from now")
    .option("--hold", "queue it, but do not start it")
    .option("--job-name <name>", "the same as --name, as in Slurm")
    .option("--time <time>", "the same as --timeout, as in Slurm")
    .option("--mem <size>", "the same as --memory, as in Slurm")
    .option("--begin <when>", "the same as --at, as in Slurm");
}

/** Collects what the flags say of the tasks, by the keys of the task file. */
export function fieldsOf(flags: FieldFlags): Result<Record<string, unknown>, Problem> {
  const fields: Record<string, unknown> = {};
  for (const flag of FIELD_FLAGS) {
    if (flags[flag] !== undefined) fields[KEY_OF_FLAG[flag] ?? flag] = flags[flag];
  }
  for (const [slurm, { flag, convert }] of Object.entries(SLURM_FLAGS)) {
    if (flags[slurm] !== undefined) fields[KEY_OF_FLAG[flag] ?? flag] = convert(String(flags[slurm]));
  }
  for (const flag of ["env", "label"]) {
    const pairs = flags[flag];
    if (!Array.isArray(pairs)) continue;
    const map: Record<string, string> = {};
    for (const pair of pairs) {
      const cut = pair.indexOf("=");
      if (cut < 1) return err(problem("USAGE", `Cannot read --${flag} "${pair}": wanted NAME=VALUE`));
      map[pair.slice(0, cut)] = pair.slice(cut + 1);
    }
    fields[KEY_OF_FLAG[flag] ?? flag] = map;
  }
  return ok(fields);
}

/** Queues drafts from this command line; with no supervisor up they are put into pending/ here. */
export function submitDrafts(
  context: Context,
  layout: Layout,
  options: { readonly drafts: readonly Draft[]; readonly resubmitOf?: TaskId },
): Result<Task[], Problem> {
  const owner = lockOwner(layout);
  const placeable = refuseUnplaceable(options.drafts, owner?.capacity ?? machineCapacity());
  if (!placeable.ok) return placeable;
  // A supervisor may have been started where it can do more than we, or less.
  const enforceable = refuseUnenforceable(
    options.drafts,
    owner?.controllers ?? ownControllers(context, options.drafts),
  );
  if (!enforceable.ok) return enforceable;
  const batch = newBatch();
  const accepted = accept(layout, options.drafts, {
    batch,
    clock: context.clock,
    createdBy: context.user,
    source: "cli",
    environment: inheritable(context.env),
    ...(options.resubmitOf !== undefined && { resubmitOf: options.resubmitOf }),
  });
  if (!accepted.ok) return accepted;
  // From here on the tasks are queued, whatever else goes wrong.
  onDisk("remember what was submitted", () => remember(layout, accepted.value));
  if (lockOwner(layout) === null) onDisk("publish the batch", () => publishBatch(layout, batch));
  return accepted;
}

/** What a supervisor started from here could enforce; not looked for where nobody asks. */
function ownControllers(context: Context, drafts: readonly Draft[]): readonly string[] {
  const isAsked = drafts.some(({ spec }) => spec.limits !== undefined);
  return isAsked ? probeMeans(thisMachine(context.env)).controllers : [];
}

function remember(layout: Layout, tasks: readonly Task[]): void {
  const numbers = [...readLastSubmitted(layout), ...tasks.map((task) => task.metadata.number)].slice(
    -MAX_REMEMBERED,
  );
  replaceFile(layout.lastSubmitted, `${JSON.stringify(numbers)}\n`, layout.tmp);
}
