import { requestOperation } from "../../desk/request-operation.ts";
import { tellOfSilence } from "../../desk/silence.ts";
import { asLines } from "../../lib/printable.ts";
import { EXIT, problem } from "../../model/errors.ts";
import type { TaskId } from "../../model/identity.ts";
import { idsOfTasks, isCollecting, openAttempt, type Task } from "../../model/task.ts";
import type { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { readTasks } from "../../store/reader.ts";
import { declareVerb, type Ended, type FlagValues } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { inHome } from "../in-home.ts";
import { Interruption } from "../interruption.ts";
import { isSummed, summaryLine } from "../text/many.ts";
import { ProgressLine } from "../text/progress.ts";

const POLL_MS = 50;

const FLAGS = {
  drain: { help: "start no more tasks, and wait for the running ones", excludes: ["stopJobs"] },
  stopJobs: { help: "stop running jobs and requeue them, without using a retry" },
} as const;

export const verb = declareVerb({
  flags: FLAGS,
  insteadOf: (typed) =>
    ["--force", "-f", "--kill", "--now"].includes(typed) ? "use --stop-jobs, which stops the jobs too" : null,
  notes:
    "Jobs keep running, and the next supervisor takes them over. --drain waits for them; --stop-jobs stops them.",
  run: inHome(({ context, flags }, layout) => down(context, layout, flags)),
});

async function down(context: Context, layout: Layout, flags: FlagValues<typeof FLAGS>): Promise<Ended> {
  const owner = lockOwner(layout);
  if (owner?.role !== "up") {
    const hint =
      owner === null
        ? undefined
        : `stint ${owner.role} with pid ${owner.pid} holds the home; it ends by itself`;
    return problem("NO_SUPERVISOR", `Cannot stop the supervisor of "${layout.home}": none is running`, hint);
  }
  const jobs = flags.drain ? "drain" : flags.stopJobs ? "stop" : "leave";
  const performed = await requestOperation(context, layout, { verb: "down", owner: owner.token, jobs });
  if (!performed.ok) return performed.error;
  const progress = new ProgressLine(context);
  const interruption = new Interruption(context);
  while (lockOwner(layout)?.token === owner.token) {
    if (interruption.exit !== null) return interruption.exit;
    tellOfSilence(context, layout);
    if (jobs !== "leave") progress.show(readTasks(layout, ["running"]));
    await Bun.sleep(POLL_MS);
  }
  progress.clear();
  const unread: TaskId[] = [];
  const left = readTasks(layout, ["running"], unread);
  context.out(`supervisor stopped (pid ${owner.pid})\n`);
  if (isSummed(left.length, context)) context.out(summaryLine("left running:", idsOfTasks(left)));
  else context.out(left.map(leftLine).join(""));
  // Its job may well be running.
  for (const id of unread)
    context.err(
      asLines([`stint: what became of ${id} is not known: its record cannot be read; see \`stint doctor\``]),
    );
  return EXIT.done;
}

function leftLine(task: Task): string {
  const { stop, process } = openAttempt(task) ?? {};
  if (isCollecting(task))
    return `${task.metadata.id} has ended: the next supervisor collects its results, and records its end\n`;
  const what = stop === undefined ? "keeps running" : "is being stopped";
  return `${task.metadata.id} ${what} (pid ${process?.pid ?? "unknown"})\n`;
}
