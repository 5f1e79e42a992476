import { homePath } from "../../desk/home.ts";
import { requestOperation } from "../../desk/request-operation.ts";
import { tellOfSilence } from "../../desk/silence.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { openHome } from "../../store/home.ts";
import type { Layout } from "../../store/layout.ts";
import { lockOwner } from "../../store/lock-owner.ts";
import { readTasks } from "../../store/reader.ts";
import { declareVerb, type Ended, type FlagValues } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { ProgressLine } from "../text/progress.ts";

const LOOK_MS = 50;

const FLAGS = {
  drain: { help: "start nothing more and wait for the running jobs", excludes: ["stopJobs"] },
  stopJobs: { help: "end the running jobs too; they are queued again, uncounted" },
} as const;

export const verb = declareVerb({
  flags: FLAGS,
  notes: "Without a flag the jobs go on, and the next supervisor takes them over.",
  run: async ({ context, flags }) => {
    const home = openHome(homePath(context));
    return home.ok ? down(context, home.value, flags) : home.error;
  },
});

async function down(context: Context, layout: Layout, flags: FlagValues<typeof FLAGS>): Promise<Ended> {
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
