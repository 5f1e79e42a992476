import type { Clock } from "../../lib/clock.ts";
import { runSlice, type Steps } from "../../lib/steps.ts";
import { problem } from "../../model/errors.ts";
import type { Answer, Request } from "../../model/request.ts";
import type { QuarantineEntry } from "../../store/quarantine.ts";
import { answerRequest, requestBytes, requestNames, takeRequest } from "../../store/requests.ts";
import { GO_ON_MS } from "../admit/publish.ts";
import type { Supervisor } from "../supervisor.ts";
import { operationSteps } from "./operations.ts";

/** New requests, and those that were begun, hold a turn of the loop up for so long each, and for what the last slice takes beyond. */
const TURN_MS = 10;
/** A longer request is one of those on many tasks: one of these is worked on at a time, and all others pass it. */
const LONG_BYTES = 16 * 1_024;

/** A request that was begun. */
interface Begun {
  readonly request: Request;
  readonly steps: Steps<Answer[]>;
  readonly isLong: boolean;
  /** What was done, where the disk took no reply: it is told later, and not done again. */
  unsentReplies: readonly Answer[] | null;
}

/** What other processes ask of the holder, carried out in slices that take turns. */
export class Mailbox {
  readonly #supervisor: Supervisor;
  /** By their names, whoever has its turn first. */
  readonly #begun = new Map<string, Begun>();

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** Goes on; gives when to do so again in ms, or null where nothing is asked. Throws what the disk refuses. */
  runSlice(): number | null {
    const { layout, clock } = this.#supervisor.context;
    const names = requestNames(layout);
    const waiting = new Set(names);
    // Withdrawn, or removed by hand.
    for (const name of this.#begun.keys()) if (!waiting.has(name)) this.#begun.delete(name);
    // What was begun goes on in each turn, and so does what is new: neither waits until there is no more of the other.
    const begun = [...this.#begun.keys()];
    const isMore = [
      this.#seeSome(
        names.filter((name) => !this.#begun.has(name)),
        clock,
      ),
      this.#seeSome(begun, clock),
    ];
    return isMore.includes(true) ? GO_ON_MS : null;
  }

  /** True where more of them is to be done. */
  #seeSome(names: readonly string[], clock: Clock): boolean {
    const untilMs = clock.awakeMs() + TURN_MS;
    let isMore = false;
    for (const name of names) {
      // Not on top of what the disk refused.
      if (this.#supervisor.committer.degraded !== null) return isMore;
      if (clock.awakeMs() >= untilMs) return true;
      const begun = this.#begun.get(name) ?? this.#begin(name);
      if (begun === "later" || (begun !== null && !this.#runSlice(name, begun, clock))) isMore = true;
    }
    return isMore;
  }

  /** Null where it is none; a long one has to wait until another one is done. */
  #begin(name: string): Begun | "later" | null {
    const { layout, log } = this.#supervisor.context;
    const isLong = requestBytes(layout, name) > LONG_BYTES;
    if (isLong && [...this.#begun.values()].some((other) => other.isLong)) return "later";
    const findings: QuarantineEntry[] = [];
    const request = takeRequest(layout, name, findings);
    for (const { path, what } of findings) log(`${path}: ${what}`);
    if (request === null) return null;
    const begun = { request, steps: operationSteps(this.#supervisor, request), isLong, unsentReplies: null };
    this.#begun.set(name, begun);
    return begun;
  }

  /** False while there is more to do. */
  #runSlice(name: string, begun: Begun, clock: Clock): boolean {
    const answers = begun.unsentReplies ?? this.#answersTo(begun, clock);
    this.#begun.delete(name);
    if (answers === null) {
      this.#begun.set(name, begun);
      return false;
    }
    // Where the disk takes no reply, or not all of what was done, it is told later.
    const isDone = answers.every((answer) => answer.problem === undefined);
    if (isDone) this.#begun.set(name, { ...begun, unsentReplies: answers });
    if (isDone && this.#supervisor.committer.degraded !== null) return true;
    answerRequest(this.#supervisor.context.layout, { id: begun.request.id, answers: [...answers] });
    this.#begun.delete(name);
    return true;
  }

  /**
   * Null while there is more to do. A request that meets a bug is answered too: left unanswered, it would meet every supervisor to
   * come.
   */
  #answersTo({ request: { operation }, steps }: Begun, clock: Clock): Answer[] | null {
    try {
      const progress = runSlice(steps, clock);
      return progress.isDone ? progress.value : null;
    } catch (error) {
      const message = `Internal error while it was carried out: ${error instanceof Error ? error.message : String(error)}`;
      this.#supervisor.context.log(
        `${operation.verb}: ${error instanceof Error ? (error.stack ?? message) : message}`,
      );
      return [{ id: operation.verb, problem: problem("INTERNAL", message) }];
    }
  }
}
