import type { AuditEntry } from "../../model/audit.ts";
import { delayOf } from "../../model/backoff.ts";
import type { Notice } from "../../model/notice.ts";
import { killHook } from "../../run/hook.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { dropNotice, giveUpNotice, noteTry, readNotice, readNotices } from "../../store/notices.ts";
import type { SupervisorContext } from "../context.ts";
import { deliver } from "./deliver.ts";
import { failedTry, type Outcome } from "./outcome.ts";

/** Deliveries at a time: a night's end brings many, and none of them is to be felt by the jobs. */
const MAX_AT_A_TIME = 4;
/** A command has an effect even where it fails, so it is not started as often as a message is sent. */
const MAX_COMMAND_TRIES = 3;
/** The longest wait between two tries. */
const MAX_WAIT_MS = 900_000;

/** A notice that was not taken yet; its text stays on the disk, as there may be thousands. */
interface Waiting {
  readonly id: string;
  /** Its task and receiver: what one of them is told stays in its order. */
  readonly line: string;
  tries: number;
  dueAwakeMs: number;
}

interface Result {
  readonly waiting: Waiting;
  readonly notice: Notice | null;
  readonly outcome: Outcome;
}

/** Brings notices to their receivers, at least once, beside the loop: a callback only leaves a result, and `dispatch` acts on it. */
export class NotificationDispatcher implements Disposable {
  readonly #options: SupervisorContext;
  readonly #nudge: () => void;
  readonly #waiting = new Map<string, Waiting>();
  readonly #underWay = new Set<string>();
  readonly #results: Result[] = [];
  /** What an earlier holder may have begun. */
  readonly #left = new Set<string>();
  readonly #leaving = new AbortController();

  constructor(options: SupervisorContext, nudge: () => void) {
    this.#options = options;
    this.#nudge = nudge;
    // What an earlier holder left.
    const read = tryFs("read the notices", () => readNotices(options.layout));
    if (!read.ok) options.log(read.error.message);
    const left = read.ok ? read.value.toSorted((one, other) => (one.at < other.at ? -1 : 1)) : [];
    this.push(left);
    for (const { id } of left) this.#left.add(id);
  }

  /** Takes notices over that are on the disk. */
  push(notices: readonly Notice[]): void {
    for (const { id, tries, task, receiver } of notices) {
      if (this.#waiting.has(id)) continue;
      const line = `${task.uid} ${JSON.stringify(receiver)}`;
      this.#waiting.set(id, { id, line, tries, dueAwakeMs: 0 });
    }
    if (notices.length > 0) this.#nudge();
  }

  /** True while a try is under way, or is due within a span. */
  isBusy(withinMs: number): boolean {
    const lines = new Set<string>();
    const latestMs = this.#options.clock.awakeMs() + withinMs;
    const isDue = [...this.#waiting.values()].some(({ line, dueAwakeMs }) => {
      const isFirst = !lines.has(line);
      lines.add(line);
      return isFirst && dueAwakeMs <= latestMs;
    });
    return isDue || this.#underWay.size + this.#results.length > 0;
  }

  /** Acts on what came back and sends what is due; gives when to look again, in ms, or null. */
  dispatch(note: (notes: readonly AuditEntry[]) => void): number | null {
    for (let result = this.#results[0]; result !== undefined; result = this.#results[0]) {
      // Where the disk refuses, the result is still here for the next round.
      this.#settle(result, note);
      this.#results.shift();
      this.#underWay.delete(result.waiting.id);
    }
    return this.#sendDue();
  }

  /** Cuts short what is under way: it stays on the disk, and the next supervisor begins it anew. */
  [Symbol.dispose](): void {
    this.#leaving.abort();
  }

  #sendDue(): number | null {
    const nowMs = this.#options.clock.awakeMs();
    const lines = new Set<string>();
    let inMs: number | null = null;
    for (const waiting of this.#waiting.values()) {
      if (this.#underWay.size >= MAX_AT_A_TIME) return null;
      const isFirst = !lines.has(waiting.line);
      lines.add(waiting.line);
      if (!isFirst || this.#underWay.has(waiting.id)) continue;
      const waitMs = waiting.dueAwakeMs - nowMs;
      if (waitMs <= 0) this.#send(waiting);
      else inMs = Math.min(inMs ?? waitMs, waitMs);
    }
    return inMs;
  }

  #send(waiting: Waiting): void {
    const { layout, notices: rules, environment, clock } = this.#options;
    const notice = readNotice(layout.notice(waiting.id));
    this.#underWay.add(waiting.id);
    const { signal } = this.#leaving;
    // One that a killed supervisor left running would run beside its repetition.
    if (this.#left.delete(waiting.id)) killHook(waiting.id);
    const delivering = { layout, rules, environment, nowMs: clock.now(), signal };
    const tried: Promise<Outcome> =
      notice === null
        ? Promise.resolve(failedTry("its file is gone or spoilt", true))
        : deliver(notice, delivering);
    void tried
      // A bug in a delivery is no end of the queue.
      .catch((error: unknown) =>
        failedTry(`Internal error: ${error instanceof Error ? error.name : "unknown"}`),
      )
      .then((outcome) => {
        this.#results.push({ waiting, notice, outcome });
        this.#nudge();
      });
  }

  #settle({ waiting, notice, outcome }: Result, note: (notes: readonly AuditEntry[]) => void): void {
    const { layout, clock, random, notices: rules, log } = this.#options;
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
    // Whoever moves it back wants it tried as often as a new one.
    giveUpNotice(layout, { ...tried, tries: 0 });
    this.#waiting.delete(waiting.id);
    const times = tried.tries === 1 ? "one try" : `${tried.tries} tries`;
    const detail = `${notice.event} for a ${notice.receiver.type}, after ${times}: ${error}`;
    log(`${notice.task.id}: a notice was given up: ${detail}`);
    note([{ event: "notice_given_up", actor: "stint", task: notice.task.id, uid: notice.task.uid, detail }]);
  }
}
