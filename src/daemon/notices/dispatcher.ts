import { counted } from "../../lib/counted.ts";
import type { AuditEntry } from "../../model/audit.ts";
import { delayOf } from "../../model/backoff.ts";
import type { Notice } from "../../model/notice.ts";
import { killHook } from "../../run/hook.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { dropNotice, giveUpNotice, noteTry, readNotice, readNotices } from "../../store/notices.ts";
import type { SupervisorContext } from "../context.ts";
import { deliver } from "./deliver.ts";
import { failedTry, type Outcome } from "./outcome.ts";

/** Concurrent deliveries: many jobs may end at once, and their notices must not slow down the others. */
const MAX_AT_A_TIME = 4;
/** A command may have an effect even where it fails, so it is tried less often than a message. */
const MAX_COMMAND_TRIES = 3;
/** The longest wait between two tries. */
const MAX_WAIT_MS = 900_000;

/** An undelivered notice; its text stays on the disk, as there may be thousands. */
interface Waiting {
  readonly id: string;
  /** Its task and receiver: notices of one line are delivered in their order. */
  readonly line: string;
  tries: number;
  dueAwakeMs: number;
}

interface Result {
  readonly waiting: Waiting;
  readonly notice: Notice | null;
  readonly outcome: Outcome;
}

/**
 * Delivers notices to their receivers, at least once each, beside the loop. It owns the files in notices/ once they are written, and the
 * tries in progress: a callback only adds a result and nudges the loop, and `dispatch` acts on it.
 *
 * Order of effects: the committer writes the notices of an end before it moves the record (see `commit/committer.ts`), so no end is on
 * record without them. A notice is sent; once the receiver has accepted it, its file is removed. A failed try is noted in the file and
 * repeated after a growing wait; after the last one the file moves to `.given-up/` and the audit log says so.
 *
 * Invariants: notices of one task for one receiver are sent one at a time, in their order. No delivery delays a job, or a supervisor that
 * was told to leave. No error contains an address or the output of a command.
 *
 * A crash after a delivery and before the removal sends the notice once more, under the same id. A crash during a try repeats it; a
 * command that a killed supervisor left running is killed first. A try that was not noted costs one more try.
 */
export class NotificationDispatcher implements Disposable {
  readonly #options: SupervisorContext;
  readonly #nudge: () => void;
  readonly #waiting = new Map<string, Waiting>();
  readonly #inFlight = new Set<string>();
  readonly #results: Result[] = [];
  /** Ids of notices that an earlier supervisor may have been delivering when it was killed. */
  readonly #inherited = new Set<string>();
  readonly #closing = new AbortController();

  constructor(options: SupervisorContext, nudge: () => void) {
    this.#options = options;
    this.#nudge = nudge;
    const read = tryFs("read the notices", () => readNotices(options.layout));
    if (!read.ok) options.log(read.error.message);
    const left = read.ok ? read.value.toSorted((one, other) => (one.at < other.at ? -1 : 1)) : [];
    this.push(left);
    for (const { id } of left) this.#inherited.add(id);
  }

  /** Queues notices whose files are written. */
  push(notices: readonly Notice[]): void {
    for (const { id, tries, task, receiver } of notices) {
      if (this.#waiting.has(id)) continue;
      const line = `${task.uid} ${JSON.stringify(receiver)}`;
      this.#waiting.set(id, { id, line, tries, dueAwakeMs: 0 });
    }
    if (notices.length > 0) this.#nudge();
  }

  /** True while a try is in progress, or due within `withinMs`. */
  isBusy(withinMs: number): boolean {
    const lines = new Set<string>();
    const latestMs = this.#options.clock.awakeMs() + withinMs;
    const isDue = [...this.#waiting.values()].some(({ line, dueAwakeMs }) => {
      const isFirst = !lines.has(line);
      lines.add(line);
      return isFirst && dueAwakeMs <= latestMs;
    });
    return isDue || this.#inFlight.size + this.#results.length > 0;
  }

  /** Acts on the results of tries and sends what is due; returns in how many ms the next try is due, or null. */
  dispatch(note: (notes: readonly AuditEntry[]) => void): number | null {
    for (let result = this.#results[0]; result !== undefined; result = this.#results[0]) {
      // Where the disk refuses this, the result stays for the next call.
      this.#handle(result, note);
      this.#results.shift();
      this.#inFlight.delete(result.waiting.id);
    }
    return this.#sendDue();
  }

  /** Aborts the tries in progress: their notices stay on the disk, and the next supervisor sends them again. */
  [Symbol.dispose](): void {
    this.#closing.abort();
  }

  #sendDue(): number | null {
    const nowMs = this.#options.clock.awakeMs();
    const lines = new Set<string>();
    let inMs: number | null = null;
    for (const waiting of this.#waiting.values()) {
      if (this.#inFlight.size >= MAX_AT_A_TIME) return null;
      const isFirst = !lines.has(waiting.line);
      lines.add(waiting.line);
      if (!isFirst || this.#inFlight.has(waiting.id)) continue;
      const waitMs = waiting.dueAwakeMs - nowMs;
      if (waitMs <= 0) this.#send(waiting);
      else inMs = Math.min(inMs ?? waitMs, waitMs);
    }
    return inMs;
  }

  #send(waiting: Waiting): void {
    const { layout, config, environment, clock } = this.#options;
    const notice = readNotice(layout.notice(waiting.id));
    this.#inFlight.add(waiting.id);
    const { signal } = this.#closing;
    // A command that a killed supervisor left would run beside its repetition.
    if (this.#inherited.delete(waiting.id)) killHook(waiting.id);
    const delivering = { layout, rules: config.notices, environment, nowMs: clock.now(), signal };
    const tried: Promise<Outcome> =
      notice === null
        ? Promise.resolve(failedTry("its file is gone or invalid", true))
        : deliver(notice, delivering);
    void tried
      // A bug in a delivery must not end the supervisor.
      .catch((error: unknown) =>
        failedTry(`Internal error: ${error instanceof Error ? error.name : "unknown"}`),
      )
      .then((outcome) => {
        this.#results.push({ waiting, notice, outcome });
        this.#nudge();
      });
  }

  #handle({ waiting, notice, outcome }: Result, note: (notes: readonly AuditEntry[]) => void): void {
    const { layout, clock, random, config, log } = this.#options;
    const rules = config.notices;
    if (outcome.type === "aborted") return;
    if (outcome.type === "taken" || notice === null) {
      if (outcome.type === "taken") dropNotice(layout, waiting.id);
      this.#waiting.delete(waiting.id);
      return;
    }
    const { error } = outcome;
    const tried = { ...notice, tries: waiting.tries + 1, lastError: error };
    const isCommand = notice.receiver.type === "command";
    const most = isCommand ? Math.min(MAX_COMMAND_TRIES, rules.maxTries) : rules.maxTries;
    if (!outcome.isFinal && tried.tries < most) {
      noteTry(layout, tried);
      const policy = {
        firstMs: rules.firstWaitMs,
        maxMs: Math.max(MAX_WAIT_MS, rules.firstWaitMs),
        factor: 2,
        jitter: "equal" as const,
      };
      waiting.tries = tried.tries;
      waiting.dueAwakeMs = clock.awakeMs() + delayOf(policy, tried.tries - 1, random).delayMs;
      return;
    }
    // Moved back by hand, it is tried as often as a new one.
    giveUpNotice(layout, { ...tried, tries: 0 });
    this.#waiting.delete(waiting.id);
    const times = counted(tried.tries, "try", "tries");
    const detail = `${notice.event} for a ${notice.receiver.type}, after ${times}: ${error}`;
    log(`${notice.task.id}: a notice was given up: ${detail}`);
    note([{ event: "notice_given_up", actor: "stint", task: notice.task.id, uid: notice.task.uid, detail }]);
  }
}
