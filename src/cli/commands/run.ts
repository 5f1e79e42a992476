import type { Command } from "commander";
import { ALWAYS } from "../../model/work.ts";
import { ensureHome } from "../../store/home.ts";
import { readDrafts } from "../drafts.ts";
import { followTasks } from "../follow.ts";
import { homePath } from "../home.ts";
import { refuseToWait } from "../inside-job.ts";
import { runTasks } from "../run-tasks.ts";
import { declareFields, type FieldFlags, fieldsOf, submitDrafts } from "../submitting.ts";
import { readTerms, type SupervisorFlags } from "../supervisor-flags.ts";
import { declareSweep, type SweepFlagTexts, sweepOf } from "../sweep-flags.ts";
import type { Ended, Invocation } from "../verbs.ts";

interface Flags extends Pick<SupervisorFlags, "jobs"> {
  readonly quiet?: true;
}

export function declare(command: Command, invocation: Invocation): void {
  declareSweep(declareFields(command.argument("[files...]", "YAML files; - is stdin. Or a command after --")))
    .option("-j, --jobs <n>", "how many jobs may run at a time, where it supervises itself")
    .option("-q, --quiet", "do not pass the job's output on")
    .addHelpText("after", "\nCtrl-C cancels what was submitted; a hang-up leaves it running.")
    .action(async (files: string[], flags: Flags & FieldFlags & SweepFlagTexts) => {
      invocation.end(await run(invocation, { files, flags }));
    });
}

async function run(
  { context, words }: Invocation,
  { files, flags }: { files: string[]; flags: Flags & FieldFlags & SweepFlagTexts },
): Promise<Ended> {
  const fields = fieldsOf(flags);
  if (!fields.ok) return fields.error;
  const sweep = await sweepOf(context, flags);
  if (!sweep.ok) return sweep.error;
  const home = ensureHome(homePath(context));
  if (!home.ok) return home.error;
  const read = await readTerms(context, home.value, flags);
  if (!read.ok) return read.error;
  const { settings, scheduling } = read.value;
  const refusal = refuseToWait(context, home.value, scheduling.capacity.jobs);
  if (refusal !== null) return refusal;
  const drafts = await readDrafts(context, {
    files,
    words,
    fields: fields.value,
    defaults: settings.defaults,
    sweep: sweep.value,
  });
  if (!drafts.ok) return drafts.error;
  const submitted = await submitDrafts(context, home.value, {
    drafts: drafts.value,
    settings,
  });
  if (!submitted.ok) return submitted.error;
  const tasks = submitted.value;
  if (words !== null && words.length > 0 && context.hasInput())
    context.err("stint: what is piped in does not reach the job; have its command read a file\n");
  context.err(tasks.map((task) => `${task.metadata.id} queued\n`).join(""));
  // The output of several jobs at a time would be a mixture: it is in their logs.
  const isPassedOn = flags.quiet !== true && tasks.length === 1;
  const passOn = isPassedOn
    ? followTasks(
        context,
        home.value,
        tasks.map((task) => task.metadata.id),
      )
    : undefined;
  return runTasks(context, {
    layout: home.value,
    tasks,
    // Who runs a task by hand means now.
    scheduling: { ...scheduling, work: ALWAYS },
    notices: settings.notices,
    ...(passOn !== undefined && { onLook: passOn }),
  });
}
