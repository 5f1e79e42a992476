import type { Command } from "commander";
import type { Holder } from "../../daemon/holder.ts";
import { EXIT } from "../../model/errors.ts";
import type { Task } from "../../model/task.ts";
import { reasonsNotToWait } from "../../plan/finality.ts";
import { ensureHome } from "../../store/home.ts";
import type { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock.ts";
import { idsIn, readTasks } from "../../store/reader.ts";
import type { Context } from "../context.ts";
import { HAND_OVER_MS, takeOverHome } from "../hand-over.ts";
import { homePath } from "../home.ts";
import { surroundingsSeen } from "../overview.ts";
import { readJobs, readSettings } from "../settings.ts";
import { superviseHome } from "../supervising.ts";
import { termsOf } from "../terms.ts";
import { ProgressLine } from "../text/progress.ts";
import type { Ended, Invocation } from "../verbs.ts";

interface Flags {
  readonly jobs?: string;
  readonly quiet?: true;
}

const LOOK_MS = 200;

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .option("-j, --jobs <n>", "how many jobs may run at a time (default: one for each core)")
    .option("-q, --quiet", "say nothing where nothing is left or failed")
    .addHelpText(
      "after",
      "\nExit code 1 if anything went to dead-letter/ since it began. Beside a supervisor it only waits.",
    )
    .action(async (flags: Flags) => {
      const home = ensureHome(homePath(context));
      if (!home.ok) return end(home.error);
      end(await drain(context, home.value, flags));
    });
}

async function drain(context: Context, layout: Layout, flags: Flags): Promise<Ended> {
  const settings = readSettings(context, layout);
  if (!settings.ok) return settings.error;
  const jobs = readJobs(flags.jobs, settings.value);
  if (!jobs.ok) return jobs.error;
  const before = new Set(idsIn(layout, "dead-letter"));
  const progress = new ProgressLine(context);
  let isInterrupted = false;
  context.onSignal(() => (isInterrupted = true));
  // Alone, it holds the home at least once: a crash may have left tasks on their way, where no list shows them.
  let hasHeld = false;
  while (!isInterrupted) {
    const open = readTasks(layout, ["running", "pending"]);
    const reasons = reasonsNotToWait(surroundingsSeen(context, layout, open));
    const waited = open.filter((task) => !reasons.has(task.metadata.id));
    const owner = lockOwner(layout);
    const isSupervised = owner?.role === "up" || owner?.role === "drain";
    if (waited.length === 0 && (hasHeld || isSupervised)) break;
    progress.show(waited, waited.length);
    if (isSupervised) {
      await Bun.sleep(LOOK_MS);
      continue;
    }
    // A `run` starts its own tasks alone: it hands over and becomes one who waits.
    const opened = await takeOverHome(context, layout, {
      role: "drain",
      terms: termsOf(settings.value, { jobs: jobs.value }),
    });
    if (!opened.ok && lockOwner(layout) === null) return opened.error;
    if (!opened.ok) continue;
    hasHeld = true;
    {
      await using session = opened.value;
      await superviseHome(context, session, {
        settings: settings.value,
        isDone: (holder, isQuiet) => isInterrupted || (isQuiet && isDrained(holder)),
        isHurried: () => isInterrupted,
      });
      if (session.holder.leaving === null) break;
    }
    await Bun.sleep(HAND_OVER_MS);
  }
  progress.clear();
  return report(context, { layout, before, quiet: flags.quiet === true });
}

function isDrained(holder: Holder): boolean {
  if (holder.jobs.size > 0) return false;
  const reasons = reasonsNotToWait(holder.surroundings);
  return holder.queued.every((task) => reasons.has(task.metadata.id));
}

/** What is left and why, and what failed meanwhile. */
function report(
  context: Context,
  { layout, before, quiet }: { layout: Layout; before: ReadonlySet<string>; quiet: boolean },
): Ended {
  const dead = idsIn(layout, "dead-letter").filter((id) => !before.has(id));
  for (const id of dead) context.out(`${id} failed (why: stint explain ${id})\n`);
  const left = readTasks(layout, ["running", "pending"]);
  const reasons = reasonsNotToWait(surroundingsSeen(context, layout, left));
  for (const task of left) context.out(`${task.metadata.id} left: ${reasonLeft(task, reasons)}\n`);
  if (!quiet && dead.length === 0 && left.length === 0) context.out("nothing is left to do\n");
  return dead.length > 0 ? EXIT.failed : EXIT.done;
}

function reasonLeft(task: Task, reasons: ReadonlyMap<string, string>): string {
  if (task.status.state !== "queued") return task.status.state;
  return reasons.get(task.metadata.id) ?? "the drain was interrupted";
}
