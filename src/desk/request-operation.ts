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
/** ... and one that works this long: on a machine with 20 busy processes for each CPU, a pause takes some seconds. */
const MAX_BUSY_WAIT_MS = 60_000;
/** A clean-up is done beside the queue, and may have a hundred thousand folders to remove. */
const MAX_CLEANING_MS = 600_000;
const REPLY_LOOK_MS = 5;
/** A request on more tasks is made in parts, each of them read and answered in a moment. */
const TARGETS_A_REQUEST = 500;

/** What became of an operation. */
interface Answered {
  readonly answers: readonly Answer[];
  /** How many targets, or whether at all, the supervisor has not answered in time; it will do what was asked of it. */
  readonly requested: number;
}
export type Performed = Result<Answered, Problem>;

/** Has the supervisor of the home carry out an operation; without one, this process takes the lock and does so itself. */
export async function requestOperation(
  caller: Caller,
  layout: Layout,
  operation: Operation,
): Promise<Performed> {
  // Whichever process carries it out, it is one request.
  const wish = { at: timestamp(caller.clock.now()), actor: caller.user() };
  const answers: Answer[] = [];
  let left = partsOfOperation(operation);
  while (left.length > 0) {
    const owner = lockOwner(layout);
    if (owner === null || owner.role === "command") {
      // To hold a home loads most of stint; a command that only asks is spared that.
      const { operateHere } = await import("./operate-here.ts");
      const wishes = left.map((part) => ({ ...wish, operation: part }));
      const done = await operateHere(caller, layout, wishes);
      // Between our look and our try a supervisor may have come up.
      const isSupervised = !done.ok && done.error.code === "HOME_LOCKED" && lockOwner(layout) !== null;
      if (!done.ok && !isSupervised) return done;
      if (done.ok) return ok({ answers: [...answers, ...done.value], requested: 0 });
    }
    const asked = await ask(
      caller,
      layout,
      left.map((part) => ({ ...wish, operation: part })),
    );
    if (!asked.ok) return asked;
    answers.push(...asked.value.answers);
    if (!asked.value.isGone) return ok({ answers, requested: countOf(asked.value.left) });
    left = asked.value.left;
  }
  return ok({ answers, requested: 0 });
}

/** The same for a part of the targets each. */
function partsOfOperation(operation: Operation): Operation[] {
  if (!("targets" in operation) || operation.targets.length <= TARGETS_A_REQUEST) return [operation];
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
  wishes: readonly RequestedOperation[],
): Promise<Result<Asked, Problem>> {
  const posted = tryFs("leave a request for the supervisor", () =>
    wishes.map((wish) => postRequest(layout, wish)),
  );
  if (!posted.ok) return posted;
  const { clock } = caller;
  const operations = wishes.map(({ operation }) => operation);
  const teller = new Teller(caller, countOf(operations));
  const waiting = new Map(posted.value.map((request) => [request.id, request.operation]));
  const replies = new Map<string, readonly Answer[]>();
  const fetch = (ids: Iterable<string>): void => {
    for (const id of ids) {
      const reply = fetchReply(layout, id);
      if (reply === null) continue;
      waiting.delete(id);
      replies.set(id, reply.answers);
      teller.heard(countOf(operations) - countOf([...waiting.values()]));
    }
  };
  const left = (isGone: boolean): Result<Asked, Problem> => {
    const answers = posted.value.flatMap(({ id }) => replies.get(id) ?? []);
    return ok({ answers, left: [...waiting.values()], isGone });
  };
  for (;;) {
    // The last one may be so short that it passes the others.
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
    if (clock.awakeMs() - teller.heardAwakeMs > (isCleaning ? MAX_CLEANING_MS : maxMs)) return left(false);
    teller.tell();
    await Bun.sleep(REPLY_LOOK_MS);
  }
}

/** Tells a person who waits for long how far it is. */
class Teller {
  readonly #caller: Caller;
  readonly #total: number;
  #answered = 0;
  #toldAwakeMs: number;
  /** When there was last an answer, or since when it is waited for one. */
  heardAwakeMs: number;

  constructor(caller: Caller, total: number) {
    this.#caller = caller;
    this.#total = total;
    this.heardAwakeMs = caller.clock.awakeMs();
    this.#toldAwakeMs = this.heardAwakeMs;
  }

  heard(answered: number): void {
    this.#answered = answered;
    this.heardAwakeMs = this.#caller.clock.awakeMs();
  }

  tell(): void {
    const nowMs = this.#caller.clock.awakeMs();
    if (!this.#caller.isTerminal || nowMs - this.#toldAwakeMs < MAX_REPLY_WAIT_MS) return;
    this.#toldAwakeMs = nowMs;
    const far = this.#total === 1 ? "" : ` (${this.#answered} of ${this.#total})`;
    this.#caller.err(
      `stint: waiting for the supervisor, which does it beside the queue${far}; Ctrl-C ends the wait, not the work\n`,
    );
  }
}
