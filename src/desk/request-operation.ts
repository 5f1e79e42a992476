import type { RequestedOperation } from "../daemon/requests/each-target.ts";
import { timestamp } from "../lib/clock.ts";
import { ok, type Result } from "../lib/result.ts";
import { chunksOf } from "../lib/steps.ts";
import type { Problem } from "../model/errors.ts";
import type { Answer, Operation } from "../model/request.ts";
import { tryFs } from "../store/fs-errors.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { fetchReply, postRequest, withdrawRequest } from "../store/requests.ts";
import type { Caller } from "./caller.ts";
import { tellOfSilence } from "./silence.ts";

/** A supervisor answers a part within milliseconds. One that is stopped or hangs gets this long ... */
const MAX_REPLY_WAIT_MS = 5_000;
/** ... and one that works gets this long: on a machine with 20 busy processes for each CPU, a pause takes some seconds. */
const MAX_BUSY_WAIT_MS = 60_000;
/** A clean-up runs in the background, and may remove a hundred thousand folders. */
const MAX_CLEANING_MS = 600_000;
const REPLY_POLL_MS = 5;
/** A request on more tasks is split into parts, each of which is answered within milliseconds. */
const TARGETS_A_REQUEST = 500;

/** The result of a requested operation. */
interface Answered {
  readonly answers: readonly Answer[];
  /** How many targets (1 for an operation without) the supervisor did not answer in time; it will still carry them out. */
  readonly requested: number;
}
export type Performed = Result<Answered, Problem>;

/**
 * Has the supervisor of the home carry out an operation; without one, this process takes the lock and does so itself.
 *
 * Order of effects with a supervisor: a file in `requests/` for each part of the targets (durable before this goes on); the supervisor
 * carries the part out, writes the reply, and removes the request; this process reads and removes the reply. If the supervisor ends
 * before it answered, what it left is withdrawn and asked again, of whichever process owns the lock by then.
 *
 * A request may so be carried out twice: by a supervisor that ended before its reply, and by the next one, or by this process. That
 * changes nothing, because a target names an epoch and, where it matters, a version, and a cancel, retry or set that is on record is
 * answered as done (`daemon/requests/each-target.ts`). If this process is killed, its requests are carried out all the same; replies
 * that are not read are removed after a while.
 */
export async function requestOperation(
  caller: Caller,
  layout: Layout,
  operation: Operation,
): Promise<Performed> {
  // Whichever process carries it out, it is one request.
  const origin = { at: timestamp(caller.clock.now()), actor: caller.user() };
  const answers: Answer[] = [];
  let left = partsOfOperation(operation);
  while (left.length > 0) {
    const owner = lockOwner(layout);
    if (owner === null || owner.role === "command") {
      // This loads most of stint, which a command that only posts a request does not need.
      const { operateHere } = await import("./operate-here.ts");
      const requests = left.map((part) => ({ ...origin, operation: part }));
      const done = await operateHere(caller, layout, requests);
      // A supervisor may have started in between.
      const isSupervised = !done.ok && done.error.code === "HOME_LOCKED" && lockOwner(layout) !== null;
      if (!done.ok && !isSupervised) return done;
      if (done.ok) return ok({ answers: [...answers, ...done.value], requested: 0 });
    }
    const asked = await ask(
      caller,
      layout,
      left.map((part) => ({ ...origin, operation: part })),
    );
    if (!asked.ok) return asked;
    answers.push(...asked.value.answers);
    if (!asked.value.isGone) return ok({ answers, requested: countOf(asked.value.left) });
    left = asked.value.left;
  }
  return ok({ answers, requested: 0 });
}

/** Splits an operation on many targets into parts. */
function partsOfOperation(operation: Operation): Operation[] {
  // Tasks that are moved keep the order in which they are named.
  const isWhole = !("targets" in operation) || operation.verb === "move";
  if (isWhole || operation.targets.length <= TARGETS_A_REQUEST) return [operation];
  return [...chunksOf(operation.targets, TARGETS_A_REQUEST)].map((targets) => ({
    ...operation,
    targets: [...targets],
  }));
}

function countOf(operations: readonly Operation[]): number {
  return operations.reduce((sum, one) => sum + ("targets" in one ? one.targets.length : 1), 0);
}

interface Asked {
  readonly answers: Answer[];
  /** What was not answered. */
  readonly left: Operation[];
  /** True where no supervisor is left to answer it. */
  readonly isGone: boolean;
}

async function ask(
  caller: Caller,
  layout: Layout,
  requests: readonly RequestedOperation[],
): Promise<Result<Asked, Problem>> {
  const posted = tryFs("leave a request for the supervisor", () =>
    requests.map((request) => postRequest(layout, request)),
  );
  if (!posted.ok) return posted;
  const operations = requests.map(({ operation }) => operation);
  const told = teller(caller, countOf(operations));
  const waiting = new Map(posted.value.map((request) => [request.id, request.operation]));
  const replies = new Map<string, readonly Answer[]>();
  const fetch = (ids: Iterable<string>): void => {
    for (const id of ids) {
      const reply = fetchReply(layout, id);
      if (reply === null) continue;
      waiting.delete(id);
      replies.set(id, reply.answers);
      told.heard(countOf(operations) - countOf([...waiting.values()]));
    }
  };
  const left = (isGone: boolean): Result<Asked, Problem> => {
    const answers = posted.value.flatMap(({ id }) => replies.get(id) ?? []);
    return ok({ answers, left: [...waiting.values()], isGone });
  };
  for (;;) {
    // Polls the first open request and the last one, which may be short and answered before the others.
    fetch(
      new Set([...waiting.keys().take(1), posted.value.at(-1)?.id ?? ""].filter((id) => waiting.has(id))),
    );
    if (waiting.size === 0) return left(false);
    const isGone = lockOwner(layout) === null;
    if (isGone) {
      fetch([...waiting.keys()]);
      for (const id of waiting.keys()) withdrawRequest(layout, id);
      return left(true);
    }
    const maxMs = tellOfSilence(caller, layout) ? MAX_REPLY_WAIT_MS : MAX_BUSY_WAIT_MS;
    const isCleaning = operations[0]?.verb === "clean";
    if (told.silentMs() > (isCleaning ? MAX_CLEANING_MS : maxMs)) return left(false);
    told.tell();
    await Bun.sleep(REPLY_POLL_MS);
  }
}

/** Shows a person who waits how much is answered. */
function teller(caller: Caller, total: number) {
  let answered = 0;
  let heardAwakeMs = caller.clock.awakeMs();
  let toldAwakeMs = heardAwakeMs;
  return {
    heard: (count: number): void => {
      answered = count;
      heardAwakeMs = caller.clock.awakeMs();
    },
    /** Since the last answer; before the first, since the wait began. */
    silentMs: (): number => caller.clock.awakeMs() - heardAwakeMs,
    tell: (): void => {
      const nowMs = caller.clock.awakeMs();
      if (!caller.isTerminal || nowMs - toldAwakeMs < MAX_REPLY_WAIT_MS) return;
      toldAwakeMs = nowMs;
      const far = total === 1 ? "" : ` (${answered} of ${total})`;
      caller.err(
        `stint: waiting for the supervisor, which works on it in the background${far}; Ctrl-C stops waiting, not the work\n`,
      );
    },
  };
}
