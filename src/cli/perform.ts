import { isStopping, operate, type Wish } from "../daemon/operations.ts";
import { supervise } from "../daemon/supervise.ts";
import { timestamp } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import { DEFAULT_NOTICE_RULES, type NoticeRules } from "../model/notice.ts";
import type { Answer, Operation } from "../model/request.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock.ts";
import { fetchReply, postRequest, withdrawRequest } from "../store/requests.ts";
import { onDisk } from "../store/trouble.ts";
import type { Context } from "./context.ts";
import { holdHome } from "./session.ts";
import { noTerms } from "./terms.ts";

/** A supervisor answers within milliseconds; one that is stopped or hangs gets this long. */
const MAX_REPLY_WAIT_MS = 5_000;
const REPLY_LOOK_MS = 5;

/** What became of an operation: each target's answer, or `requested` where the supervisor has not answered in time. */
export type Performed = Result<readonly Answer[] | "requested", Problem>;

/** Has the holder of the home do something; with no supervisor this process takes the lock and does it itself. */
export async function perform(context: Context, layout: Layout, operation: Operation): Promise<Performed> {
  // Asked of whom it may be in the end, it is one wish.
  const wish = { at: timestamp(context.clock.now()), actor: context.user, operation };
  for (;;) {
    const owner = lockOwner(layout);
    if (owner === null || owner.role === "command") {
      const done = await doItOurselves(context, layout, wish);
      // Between our look and our try a supervisor may have come up.
      const isSupervised = !done.ok && done.error.code === "HOME_LOCKED" && lockOwner(layout) !== null;
      if (!isSupervised) return done;
    }
    const answered = await ask(context, layout, wish);
    if (answered !== "gone") return answered;
  }
}

async function ask(context: Context, layout: Layout, wish: Wish): Promise<Performed | "gone"> {
  const { clock } = context;
  const posted = onDisk("leave a request for the supervisor", () => postRequest(layout, wish));
  if (!posted.ok) return posted;
  const untilMs = clock.awakeMs() + MAX_REPLY_WAIT_MS;
  while (clock.awakeMs() < untilMs) {
    const reply = fetchReply(layout, posted.value.id);
    if (reply !== null) return ok(reply.answers);
    if (lockOwner(layout) === null) {
      const late = fetchReply(layout, posted.value.id);
      withdrawRequest(layout, posted.value.id);
      return late === null ? "gone" : ok(late.answers);
    }
    await Bun.sleep(REPLY_LOOK_MS);
  }
  return ok("requested");
}

/** A command goes on without settings that cannot be read: what supervises has said so already. */
async function noticeRules(context: Context, layout: Layout): Promise<NoticeRules> {
  // Loaded here, as most commands need no reader of YAML.
  const { readSettings } = await import("./settings.ts");
  const settings = readSettings(context, layout);
  return settings.ok ? settings.value.notices : DEFAULT_NOTICE_RULES;
}

async function doItOurselves(context: Context, layout: Layout, wish: Wish): Promise<Performed> {
  const opened = await holdHome(context, layout, {
    role: "command",
    terms: noTerms(),
    notices: await noticeRules(context, layout),
    mayClaim: () => false,
  });
  if (!opened.ok) return opened;
  await using session = opened.value;
  const { holder } = session;
  const answers = operate(holder, wish);
  // What is to be killed is seen to its end: nobody else would.
  await supervise(holder, { intake: () => null, isDone: () => !holder.active.some(isStopping) });
  // In the journal, but not where it belongs: the next holder sees to that, and until then nobody would find it done.
  return holder.trouble === null ? ok(answers) : err(holder.trouble.problem);
}
