import type { Command } from "commander";
import { ok } from "../../lib/result.ts";
import { MIRROR_EXIT } from "../../model/errors.ts";
import { UNENDED_STATES } from "../../model/state.ts";
import { openHome } from "../../store/home.ts";
import { awaitTasks, highestExit } from "../await-tasks.ts";
import { durationFlag } from "../flags.ts";
import { homePath } from "../home.ts";
import { refuseToWait } from "../inside-job.ts";
import { declareSelectors, type SelectorFlags } from "../selectors.ts";
import { isUnended, targetTasks } from "../targets.ts";
import { endLine, ProgressLine } from "../text/progress.ts";
import type { Invocation } from "../verbs.ts";

interface Flags extends SelectorFlags {
  readonly timeout?: string;
  readonly json?: true;
  readonly quiet?: true;
}

export function declare(command: Command, { context, end }: Invocation): void {
  declareSelectors(command.argument("[tasks...]", "numbers, ids, names, ranges (3-7), @"))
    .option("--all", "all that have not ended")
    .option("--timeout <duration>", "give up after this long, with exit code 124")
    .option("--json", "one JSON line for each task as it ends")
    .option("-q, --quiet", "no line for each task")
    .action(async (references: string[], flags: Flags) => {
      const home = openHome(homePath(context));
      if (!home.ok) return end(home.error);
      const timeout = flags.timeout === undefined ? ok(null) : durationFlag("timeout", flags.timeout);
      if (!timeout.ok) return end(timeout.error);
      const tasks = targetTasks(context, {
        layout: home.value,
        references,
        flags,
        states: UNENDED_STATES,
        eligible: isUnended,
        // The end of a sweep is that of all its members, also of those that were first.
        eligibleMember: () => true,
      });
      if (!tasks.ok) return end(tasks.error);
      const isQueued = tasks.value.some(({ status }) => status.state === "queued");
      const refusal = isQueued ? refuseToWait(context, home.value, 1) : null;
      if (refusal !== null) return end(refusal);
      const progress = new ProgressLine(context);
      const ids = tasks.value.map((task) => task.metadata.id);
      const awaited = await awaitTasks(context, home.value, {
        ids,
        timeoutMs: timeout.value,
        isOff: () => context.outputEnd() === "closed",
        onLook: (open) => progress.show(open, ids.length),
        onEnd: (task) => {
          progress.clear();
          if (flags.json) context.out(`${JSON.stringify(task)}\n`);
          else if (flags.quiet !== true) context.out(endLine(task, context));
        },
      });
      progress.clear();
      if ("code" in awaited) return end(awaited);
      if (awaited.type === "ended") return end(highestExit(awaited.tasks));
      context.err(`stint: still waiting after ${flags.timeout}, giving up\n`);
      end(MIRROR_EXIT.expired);
    });
}
