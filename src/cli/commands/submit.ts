import { jobsIfStarted, settingsInForce } from "../../desk/config-seen.ts";
import { homePath } from "../../desk/home.ts";
import { checkSubmission } from "../../desk/submission-check.ts";
import { type Repeated, type Submitted, submitDrafts, toldOf } from "../../desk/submitting.ts";
import { tellOfTexts } from "../../desk/text-notes.ts";
import type { Settings } from "../../intake/default-settings.ts";
import { ok, type Result } from "../../lib/result.ts";
import { EXIT, type Problem, problem } from "../../model/errors.ts";
import { sweepPlaceOf } from "../../model/group.ts";
import type { Draft } from "../../model/submission.ts";
import { idsOfTasks, type Task } from "../../model/task.ts";
import { ensureHome, openHome } from "../../store/home.ts";
import { Layout } from "../../store/layout.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import { usage } from "../command-line/usage.ts";
import { DEFINITION, GROUP_NAME, TASK } from "../command-line/values.ts";
import type { Context } from "../context.ts";
import { overlay, readDrafts } from "../drafts.ts";
import { withMeantParents } from "../meant-parents.ts";
import { slurmOptionsOf } from "../slurm-flags.ts";
import { tellIfNothingStarts } from "../start-note.ts";
import { SWEEP_FLAGS, sweepOf } from "../sweep-flags.ts";
import { FILES, fieldsOf, TASK_FLAGS } from "../task-flags.ts";
import { renderDryRun } from "../text/dry-run.ts";
import { jsonText } from "../text/json.ts";
import { isSummed, summaryLine } from "../text/many.ts";
import { summarizeSweeps } from "../text/sweep.ts";

const FLAGS = {
  from: { value: TASK, excludes: Object.keys(SWEEP_FLAGS), help: "queue a copy of this task" },
  def: {
    value: DEFINITION,
    excludes: ["from"],
    help: "queue a task of this definition, or of one version: train@3",
  },
  exact: {
    excludes: ["dryRun"],
    help: "take the code, the environment and the packages that it ran with, or refuse",
  },
  to: {
    value: GROUP_NAME,
    excludes: ["dryRun"],
    help: "add the tasks to this group, which the first of them opens; `stint close GROUP` ends it",
  },
  wait: { short: "W", help: "wait for the task and exit with its exit code" },
  follow: { help: "like --wait, and stream its output" },
  dryRun: { excludes: ["wait", "follow"], help: "show what would be queued, and queue nothing" },
  quiet: { short: "q", aliases: ["parsable"], help: "print only the ids" },
  json: { help: "print the records as JSON" },
  ...TASK_FLAGS,
  ...SWEEP_FLAGS,
} as const;

/** To queue that many takes a while. */
const MANY = 1_000;

export const verb = declareVerb({ operands: [FILES], takesCommand: true, flags: FLAGS, run: submit });

async function submit({ context, flags, operands: files, words }: Call<typeof FLAGS>): Promise<Ended> {
  const clash = clashIn(flags, words === null ? files[0] : "a command");
  if (clash !== null) return clash;
  const meant = await withMeantParents(context, fieldsOf(flags));
  if (!meant.ok) return meant.error;
  const fields = meant.value;
  const isQuiet = flags.quiet === true;
  const sweep = await sweepOf(context, flags);
  if (!sweep.ok) return sweep.error;
  if (flags.from !== undefined && sweep.value.length > 0)
    return usage(
      `--from ${flags.from} and a sweep cannot be combined`,
      "a sweep is made of a command or a file",
    );
  const path = homePath(context);
  const source = flags.from === undefined ? null : await original(path, flags.from);
  if (source !== null && !source.ok) return source.error;
  const unknown = flags.def === undefined ? null : await unknownDefinition(path, flags.def);
  if (unknown !== null) return unknown;
  const settings = await settingsInForce(context, new Layout(path));
  if (!settings.ok) return settings.error;
  const { defaults } = settings.value;
  const drafts =
    source === null
      ? await readDrafts(isQuiet ? { ...context, err: () => {} } : context, {
          files,
          definition: flags.def,
          words,
          fields,
          options: slurmOptionsOf(flags),
          defaults,
          sweep: sweep.value,
        })
      : await overlay(context, { drafts: [source.value.draft], fields, defaults });
  if (!drafts.ok) return drafts.error;
  if (flags.dryRun) return dryRun(context, path, { drafts: drafts.value, settings: settings.value, flags });
  const home = ensureHome(path);
  if (!home.ok) return home.error;
  if (flags.wait || flags.follow) {
    const { refuseToWait } = await import("../../desk/inside-job.ts");
    const refusal = refuseToWait(context, home.value, jobsIfStarted(home.value, settings.value));
    if (refusal !== null) return refusal;
  }
  const copy = await copyOf(context, home.value, {
    task: source === null ? null : source.value.task,
    drafts: drafts.value,
    isExact: flags.exact === true,
  });
  if (!copy.ok) return copy.error;
  if (drafts.value.length >= MANY && !isQuiet) context.progressLine(`queueing ${drafts.value.length} tasks`);
  const submitted = await submitDrafts(isQuiet ? { ...context, err: () => {} } : context, home.value, {
    settings: settings.value,
    isAwaited: flags.wait === true || flags.follow === true,
    to: flags.to,
    ...copy.value,
  });
  if (!submitted.ok) return submitted.error;
  const { tasks } = submitted.value;
  tell(context, { ...submitted.value, json: flags.json === true, isQuiet });
  if ((flags.wait || flags.follow) && tasks.length > 0) {
    const { stay } = await import("../stay.ts");
    return stay(context, home.value, { tasks, isFollowing: flags.follow === true, isQuiet });
  }
  if (isQuiet) return EXIT.done;
  if (source !== null) await tellOfTaken(context, home.value, { original: source.value.task, tasks, flags });
  if (context.isTerminal) context.err(summarizeSweeps(tasks));
  tellIfNothingStarts(context, home.value);
  return EXIT.done;
}

/** Flags that cannot stand beside what is to be queued, or without another one. */
function clashIn(
  { from, def, exact }: Call<typeof FLAGS>["flags"],
  beside: string | undefined,
): Problem | null {
  const [flag, named] = from === undefined ? ["--def", def] : ["--from", from];
  if (named !== undefined && beside !== undefined)
    return usage(
      `${flag} ${named} and ${beside} cannot be combined`,
      `use ${flag} alone, with flags for what is to change`,
    );
  if (exact !== true || from !== undefined) return null;
  return usage("--exact has no effect without --from", "name the task: --from ID --exact");
}

async function unknownDefinition(path: string, reference: string): Promise<Problem | null> {
  const { definitionReader } = await import("../../store/definitions.ts");
  const found = definitionReader(new Layout(path))(reference);
  if (found.ok) return null;
  const message = `Cannot queue the definition "${reference}": ${found.error}`;
  return problem("NOT_FOUND", message, "list them: stint definitions ls");
}

/** Shows what would be queued, or refuses what a submission would refuse. */
async function dryRun(
  context: Context,
  path: string,
  of: {
    drafts: readonly Draft[];
    settings: Settings;
    flags: { readonly quiet?: true; readonly json?: true };
  },
): Promise<Ended> {
  const { quiet, json } = of.flags;
  const checked = await checkSubmission(context, path, of);
  if (!checked.ok) return checked.error;
  const { drafts, same } = checked.value;
  if (quiet !== true) {
    toldOf(context, same);
    await tellOfTexts(context, drafts);
  }
  const { clock } = context;
  context.out(
    json ? jsonText(drafts) : renderDryRun(drafts, { nowMs: clock.now(), columns: context.columns() }),
  );
  return EXIT.done;
}

/** The draft that a copy of a task is made from. */
async function original(
  path: string,
  reference: string,
): Promise<Result<{ draft: Draft; task: Task }, Problem>> {
  const home = openHome(path);
  if (!home.ok) return home;
  const { findTask } = await import("../../desk/select.ts");
  const found = findTask(home.value, reference);
  if (!found.ok) return found;
  const { metadata, spec } = found.value;
  const { name, labels, annotations, definition } = metadata;
  const copiedMember = sweepPlaceOf(metadata) ?? undefined;
  const draft = { name, labels, annotations, spec: { ...spec, hold: false }, definition, copiedMember };
  return ok({ task: found.value, draft });
}

/** The drafts, with what the copy of a task takes over from it. */
async function copyOf(
  context: Context,
  layout: Layout,
  of: { readonly task: Task | null; readonly drafts: readonly Draft[]; readonly isExact: boolean },
): Promise<Result<{ readonly drafts: readonly Draft[] } & Repeated, Problem>> {
  const { task, drafts, isExact } = of;
  const [draft] = drafts;
  if (task === null || draft === undefined) return ok({ drafts });
  const resubmitOf = task.metadata.id;
  if (!isExact) return ok({ drafts, resubmitOf });
  const { exactCopy } = await import("../../desk/exact.ts");
  const exact = await exactCopy(context, layout, { task, draft });
  return exact.ok ? ok({ drafts: [exact.value.draft], ...exact.value, resubmitOf }) : exact;
}

async function tellOfTaken(
  context: Context,
  layout: Layout,
  of: { readonly original: Task; readonly tasks: readonly Task[]; readonly flags: { readonly exact?: true } },
): Promise<void> {
  const [copy] = of.tasks;
  if (copy === undefined) return;
  const { tellOfCopy } = await import("../../desk/taken.ts");
  tellOfCopy(context, layout, { original: of.original, copy, isExact: of.flags.exact === true });
}

function tell(
  context: Context,
  { tasks, gone, json, isQuiet }: Submitted & { json: boolean; isQuiet: boolean },
): void {
  if (json) context.out(`${JSON.stringify([...gone.map(outlineOfGone), ...tasks])}\n`);
  else if (!isQuiet && isSummed(tasks.length, context)) context.out(summaryLine("queued", idsOfTasks(tasks)));
  else context.out(tasks.map((task) => `${task.metadata.id}\n`).join(""));
}

/** What is still known of a task that was cleaned up, in the form of a record. */
function outlineOfGone({ id, key, endedAt }: Submitted["gone"][number]) {
  return { metadata: { id }, spec: { key }, status: { state: "completed", endedAt }, isRemoved: true };
}
