import type { Wish } from "../daemon/each-target.ts";
import { isStopping, operate } from "../daemon/operations.ts";
import { supervise } from "../daemon/supervise.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import { DEFAULT_NOTICE_RULES, type NoticeRules } from "../model/notice.ts";
import type { Answer } from "../model/request.ts";
import type { Layout } from "../store/layout.ts";
import type { Context } from "./context.ts";
import { holdHome } from "./session.ts";
import { readSettings } from "./settings.ts";
import { noTerms } from "./terms.ts";
import { CountLine } from "./text/count-line.ts";

/** Takes the lock for as long as it takes, and does all that is wished. */
export async function performHere(
  context: Context,
  layout: Layout,
  wishes: readonly Wish[],
): Promise<Result<readonly Answer[], Problem>> {
  const progress = new CountLine(context);
  const opened = await holdHome(context, layout, {
    role: "command",
    terms: noTerms(),
    notices: await noticeRules(context, layout),
    mayClaim: () => false,
    onProgress: progress.onProgress,
  });
  if (!opened.ok) return opened;
  await using session = opened.value;
  const { holder } = session;
  const answers: Answer[] = [];
  for (const wish of wishes) for (const answer of operate(holder, wish)) answers.push(answer);
  progress.clear();
  // What is to be killed is seen to its end: nobody else would.
  await supervise(holder, {
    intake: () => null,
    isDone: (_holder, isQuiet) => isQuiet && !holder.active.some(isStopping),
  });
  // In the journal, but not where it belongs: the next holder sees to that, and until then nobody would find it done.
  return holder.trouble === null ? ok(answers) : err(holder.trouble.problem);
}

/** A command goes on without settings that cannot be read: what supervises has said so already. */
async function noticeRules(context: Context, layout: Layout): Promise<NoticeRules> {
  const settings = await readSettings(context, layout);
  return settings.ok ? settings.value.notices : DEFAULT_NOTICE_RULES;
}
