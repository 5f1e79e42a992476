import type { Command } from "commander";
import { EXIT, problem } from "../../model/errors.ts";
import { openHome } from "../../store/home.ts";
import type { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { readTasks } from "../../store/reader.ts";
import type { Context } from "../context.ts";
import { homePath } from "../home.ts";
import { requestOperation } from "../request-operation.ts";
import { tellOfSilence } from "../silence.ts";
import { ProgressLine } from "../text/progress.ts";
import type { Ended, Invocation } from "../verbs.ts";

interface Flags {
  readonly drain?: true;
  readonly stopJobs?: true;
}

const LOOK_MS = 50;

export function declare(command: Command, { context, end }: Invocation): void {
  command
    .option("--drain", "start nothing more and wait for the running jobs")
    .option("--stop-jobs", "end the running jobs too; they are queued again, uncounted")
    .addHelpText("after", "\nWithout a flag the jobs go on, and the next supervisor takes them over.")
    .action(async (flags: Flags) => {
      const home = openHome(homePath(context));
      if (!home.ok) return end(home.error);
      end(await down(context, home.value, flags));
    });
}

async function down(context: Context, layout: Layout, flags: Flags): Promise<Ended> {
  const owner = lockOwner(layout);
  if (owner?.role !== "up") {
    const hint =
      owner === null
        ? undefined
        : `stint ${owner.role} with pid ${owner.pid} has the home; it ends by itself`;
    return problem("NO_SUPERVISOR", `Cannot end the supervisor of "${layout.home}": none is up`, hint);
  }
  const jobs = flags.drain ? "drain" : flags.stopJobs ? "stop" : "leave";
  const performed = await requestOperation(context, layout, { verb: "down", owner: owner.token, jobs });
  if (!performed.ok) return performed.error;
  const progress = new ProgressLine(context);
  while (lockOwner(layout)?.token === owner.token) {
    tellOfSilence(context, layout);
    if (jobs !== "leave") {
      progress.show(readTasks(layout, ["running"]));
    }
    await Bun.sleep(LOOK_MS);
  }
  progress.clear();
  const left = readTasks(layout, ["running"]);
  context.out(`the supervisor with pid ${owner.pid} has ended\n`);
  for (const task of left)
    context.out(
      `${task.metadata.id} goes on (pid ${task.status.attempts.at(-1)?.process?.pid ?? "not known"})\n`,
    );
  return EXIT.done;
}
