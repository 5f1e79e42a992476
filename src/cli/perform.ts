import type { Wish } from "../daemon/operations.ts";
import { timestamp } from "../lib/clock.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import type { Answer, Operation } from "../model/request.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { fetchReply, postRequest, withdrawRequest } from "../store/requests.ts";
import { onDisk } from "../store/trouble.ts";
import type { Context } from "./context.ts";
import { tellOfSilence } from "./silence.ts";

/** A supervisor answers within milliseconds; one that is stopped or hangs gets this long. */
const MAX_REPLY_WAIT_MS = 5_000;
/** A clean-up is done beside the queue, and may have a hundred thousand folders to remove. */
const MAX_CLEANING_MS = 600_000;
const REPLY_LOOK_MS = 5;

/** What became of an operation: each target's answer, or `requested` where the supervisor has not answered in time. */
export type Performed = Result<readonly Answer[] | "requested", Problem>;

/** Has the holder of the home do something; with no supervisor this process takes the lock and does it itself. */
export async function perform(context: Context, layout: Layout, operation: Operation): Promise<Performed> {
  // Asked of whom it may be in the end, it is one wish.
  const wish = { at: timestamp(context.clock.now()), actor: context.user(), operation };
  for (;;) {
    const owner = lockOwner(layout);
    if (owner === null || owner.role === "command") {
      // What it takes to hold a home is most of stint: whoever only asks does not load it.
      const { performHere } = await import("./perform-here.ts");
      const done = await performHere(context, layout, wish);
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
  const soonMs = clock.awakeMs() + MAX_REPLY_WAIT_MS;
  const untilMs = wish.operation.verb === "clean" ? soonMs + MAX_CLEANING_MS : soonMs;
  let isTold = !context.isTerminal;
  while (clock.awakeMs() < untilMs) {
    tellOfSilence(context, layout);
    if (!isTold && clock.awakeMs() > soonMs) {
      isTold = true;
      context.err(
        "stint: waiting for the supervisor, which does it beside the queue; Ctrl-C ends the wait, not the clean-up\n",
      );
    }
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
