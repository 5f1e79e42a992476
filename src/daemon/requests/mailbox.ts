import type { Clock } from "../../lib/clock.ts";
import { runSlice, type Steps } from "../../lib/steps.ts";
import { problem } from "../../model/errors.ts";
import type { Answer, Request } from "../../model/request.ts";
import type { QuarantineEntry } from "../../store/quarantine.ts";
import { answerRequest, requestBytes, requestNames, takeRequest } from "../../store/requests.ts";
import { GO_ON_MS } from "../admit/publish.ts";
import type { Supervisor } from "../supervisor.ts";
import { operationSteps } from "./operations.ts";

/** The time in a turn of the loop for new requests, and as much for those in progress; the last slice may exceed it. */
const TURN_MS = 10;
/** A larger request is for many tasks: one of these is in progress at a time, and all others pass it. */
const LONG_BYTES = 16 * 1_024;

/** A request in progress. */
interface Begun {
  readonly request: Request;
  readonly steps: Steps<Answer[]>;
  readonly isLong: boolean;
  /** The answers of a finished request whose reply the disk refused: only the reply is retried. */
  unsentReplies: readonly Answer[] | null;
}

/**
 * Carries out the requests that other processes leave as files in requests/, in slices that take turns. It owns the requests in progress.
 *
 * Order of effects for a request: its file is read; each step commits the changes of some targets (`each-target.ts`); the reply is
 * written; the request file is removed. The requester waits for the reply, or withdraws the request by removing its file.
 *
 * Invariants: every valid request gets a reply, also where it meets a bug: left unanswered, it would meet every later supervisor. A
 * request whose reply the disk refused is not carried out again by this supervisor. New requests and those in progress both advance in
 * each turn. Nothing is carried out while the home is degraded.
 *
 * A crash before the reply leaves the request: the next supervisor carries it out again, and `each-target.ts` recognizes what was done.
 * A crash between the reply and the removal repeats it too, with the same reply. A file that is no request is put aside.
 */
export class Mailbox {
  readonly #supervisor: Supervisor;
  /** By file name, in the order in which they are served next. */
  readonly #begun = new Map<string, Begun>();

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** Advances the requests; returns in how many ms to go on, or null where none is left. Throws errors of the disk. */
  runSlice(): number | null {
    const { layout, clock } = this.#supervisor.context;
    const names = requestNames(layout);
    const waiting = new Set(names);
    // Withdrawn, or removed by hand.
    for (const name of this.#begun.keys()) if (!waiting.has(name)) this.#begun.delete(name);
    // Both in each turn: neither the new requests nor those in progress wait until all others are done.
    const begun = [...this.#begun.keys()];
    const isMore = [
      this.#advance(
        names.filter((name) => !this.#begun.has(name)),
        clock,
      ),
      this.#advance(begun, clock),
    ];
    return isMore.includes(true) ? GO_ON_MS : null;
  }

  /** Advances these requests for at most TURN_MS; true where one of them is unfinished. */
  #advance(names: readonly string[], clock: Clock): boolean {
    const untilMs = clock.awakeMs() + TURN_MS;
    let isMore = false;
    for (const name of names) {
      // Nothing is written while the disk refuses writes.
      if (this.#supervisor.committer.degraded !== null) return isMore;
      if (clock.awakeMs() >= untilMs) return true;
      const begun = this.#begun.get(name) ?? this.#begin(name);
      if (begun === "later" || (begun !== null && !this.#runSlice(name, begun, clock))) isMore = true;
    }
    return isMore;
  }

  /** Reads a request; null where the file is none, "later" for a long one while another long one is in progress. */
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

  /** Runs a slice of a request, and replies once it is done; false while it is unfinished. */
  #runSlice(name: string, begun: Begun, clock: Clock): boolean {
    const answers = begun.unsentReplies ?? this.#answersTo(begun, clock);
    this.#begun.delete(name);
    if (answers === null) {
      this.#begun.set(name, begun);
      return false;
    }
    // Where the disk refuses the reply, or degrades before all is written, only the reply is retried.
    const isDone = answers.every((answer) => answer.problem === undefined);
    if (isDone) this.#begun.set(name, { ...begun, unsentReplies: answers });
    if (isDone && this.#supervisor.committer.degraded !== null) return true;
    answerRequest(this.#supervisor.context.layout, { id: begun.request.id, answers: [...answers] });
    this.#begun.delete(name);
    return true;
  }

  /** Null while there is more to do. An exception is answered as INTERNAL. */
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
