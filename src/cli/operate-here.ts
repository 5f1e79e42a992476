import type { RequestedOperation } from "../daemon/requests/each-target.ts";
import { isStopping, operate } from "../daemon/requests/operations.ts";
import { supervise } from "../daemon/supervise.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import { DEFAULT_NOTICE_RULES, type NoticeRules } from "../model/notice.ts";
import type { Answer } from "../model/request.ts";
import type { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";
import { plainSchedulingConfig } from "./scheduling-config.ts";
import { holdHome } from "./session.ts";
import { readSettings } from "./settings.ts";
import { CountLine } from "./text/count-line.ts";

/** Takes the lock for as long as it takes, and does all that is wished. */
export async function performHere(
  context: Context,
  layout: Layout,
  wishes: readonly RequestedOperation[],
): Promise<Result<readonly Answer[], Problem>> {
  const progress = new CountLine(context);
  const opened = await holdHome(context, layout, {
    role: "command",
    scheduling: plainSchedulingConfig(),
    notices: await noticeRules(context, layout),
    mayClaim: () => false,
    onProgress: progress.onProgress,
  });
  if (!opened.ok) return opened;
  await using session = opened.value;
  const { supervisor } = session;
  const answers: Answer[] = [];
  for (const wish of wishes) for (const answer of operate(supervisor, wish)) answers.push(answer);
  progress.clear();
  // What is to be killed is seen to its end: nobody else would.
  await supervise(supervisor, {
    sources: [],
    isDone: (_holder, isQuiet) => isQuiet && !supervisor.queue.active.some(isStopping),
  });
  // In the journal, but not where it belongs: the next holder sees to that, and until then nobody would find it done.
  return supervisor.committer.degraded === null ? ok(answers) : err(supervisor.committer.degraded.problem);
}

/** A command goes on without settings that cannot be read: what supervises has said so already. */
async function noticeRules(context: Context, layout: Layout): Promise<NoticeRules> {
  const settings = await readSettings(context, layout);
  return settings.ok ? settings.value.notices : DEFAULT_NOTICE_RULES;
}
