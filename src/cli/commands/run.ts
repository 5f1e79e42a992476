import { jobsIfStarted } from "../../desk/config-seen.ts";
import { homePath } from "../../desk/home.ts";
import { refuseToWait } from "../../desk/inside-job.ts";
import { submitDrafts } from "../../desk/submitting.ts";
import { EXIT } from "../../model/errors.ts";
import { idsOfTasks } from "../../model/task.ts";
import { ensureHome } from "../../store/home.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import { readDrafts } from "../drafts.ts";
import { followTasks } from "../follow.ts";
import { withMeantParents } from "../meant-parents.ts";
import { runTasks } from "../run-tasks.ts";
import { slurmOptionsOf } from "../slurm-flags.ts";
import { JOBS, readTerms } from "../supervisor-flags.ts";
import { SWEEP_FLAGS, sweepOf } from "../sweep-flags.ts";
import { FILES, fieldsOf, TASK_FLAGS } from "../task-flags.ts";
import { isSummed, summaryLine } from "../text/many.ts";

const FLAGS = {
  jobs: { value: JOBS, short: "j", help: "without a supervisor, run at most N jobs at a time" },
  quiet: { short: "q", help: "print neither output nor notes, except on failure" },
  ...TASK_FLAGS,
  ...SWEEP_FLAGS,
} as const;

const OF_DOCKER =
  "leave it out: a job has no terminal, and its container is removed; to queue it, and not wait: stint submit";

export const verb = declareVerb({
  operands: [FILES],
  takesCommand: true,
  flags: FLAGS,
  insteadOf: (typed) =>
    ["--rm", "-it", "-i", "-t", "--interactive", "--tty", "--detach"].includes(typed)
      ? OF_DOCKER
      : ["--follow", "-f", "--watch", "-w", "--wait"].includes(typed)
        ? "leave it out: run waits for its tasks, and prints the output of a single one"
        : null,
  notes: "Ctrl-C cancels the tasks. A hang-up (SIGHUP) leaves them running.",
  run,
});

async function run({ context, flags, operands: files, words }: Call<typeof FLAGS>): Promise<Ended> {
  const sweep = await sweepOf(context, flags);
  if (!sweep.ok) return sweep.error;
  const fields = await withMeantParents(context, fieldsOf(flags));
  if (!fields.ok) return fields.error;
  const home = ensureHome(homePath(context));
  if (!home.ok) return home.error;
  const read = await readTerms(context, home.value, flags);
  if (!read.ok) return read.error;
  const { settings, text, flags: started } = read.value;
  const refusal = refuseToWait(context, home.value, jobsIfStarted(home.value, settings, started));
  if (refusal !== null) return refusal;
  const isQuiet = flags.quiet === true;
  const drafts = await readDrafts(isQuiet ? { ...context, err: () => {} } : context, {
    files,
    words,
    fields: fields.value,
    options: slurmOptionsOf(flags),
    defaults: settings.defaults,
    sweep: sweep.value,
  });
  if (!drafts.ok) return drafts.error;
  const submitted = await submitDrafts(context, home.value, {
    drafts: drafts.value,
    settings,
    isAwaited: true,
  });
  if (!submitted.ok) return submitted.error;
  const { tasks } = submitted.value;
  // All of it was done before, and cleaned up.
  if (tasks.length === 0) return EXIT.done;
  if (words !== null && words.length > 0 && !files.includes("-") && context.hasInput())
    context.err("stint: jobs get no stdin; let the command read a file instead\n");
  const ids = idsOfTasks(tasks);
  if (!isQuiet)
    context.err(
      isSummed(ids.length, context) ? summaryLine("queued", ids) : ids.map((id) => `${id} queued\n`).join(""),
    );
  // The output of several jobs would be mixed; it is in their logs.
  const isPassedOn = !isQuiet && tasks.length === 1;
  const passOn = isPassedOn ? followTasks(context, home.value, ids) : undefined;
  return runTasks(context, {
    layout: home.value,
    tasks,
    // A task that is run by hand starts outside the work hours too.
    terms: { settings, text, flags: { ...started, ignoresWork: true } },
    isQuiet,
    ...(passOn !== undefined && { onPoll: passOn }),
  });
}
