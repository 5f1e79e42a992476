import { counted } from "../../lib/counted.ts";
import { errnoOf } from "../../lib/errno.ts";
import type { Collected } from "../../model/collected.ts";
import { openAttempt } from "../../model/task.ts";
import type { SupervisorContext } from "../context.ts";
import { READER_LOOK_MS, ReaderProcess } from "../reader-process.ts";
import type { CollectMessage, EndedJob } from "./order.ts";

/** Attempts in one order; the next ones wait for the next process. */
const JOBS_AT_ONCE = 100;
/** An attempt at which a process was ended is tried once more: the cause may have been outside. */
const MAX_ENDS = 2;
/** After a process that could not be started, the next one is started this much later. */
const RETRY_MS = 10_000;
/** A full disk is tried once more, this much later. The files of the job are where it left them all the same. */
const FULL_WAIT_MS = 2_000;
const MAX_FULL = 1;

/** An attempt that waits for its results. */
interface Waiting {
  readonly job: EndedJob;
  /** How often a process ended at it, and how often the disk was full. */
  ends: number;
  full: number;
  /** As `Clock.awakeMs`. */
  notBeforeMs: number;
}

/**
 * Collects the results of ended attempts, in one process beside the loop. It owns that process and what it has told; all of it is in
 * memory only, and what was collected counts once the end of the attempt is on record. A process that outlives its supervisor ends at
 * its next message, before the next attempt of its order and about a second after it was left; until then it does no harm, as each file
 * is put in its place whole.
 */
export class Collector implements Disposable {
  readonly #context: SupervisorContext;
  readonly #nudge: () => void;
  /** By the token of the attempt. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #collected = new Map<string, Collected>();
  #process: ReaderProcess<CollectMessage> | null = null;
  /** What the process was told to collect, by the places in its order, and what it has not told of yet. */
  #asked: readonly string[] = [];
  #untold: Set<string> = new Set();
  #notBeforeMs = 0;

  constructor(context: SupervisorContext, nudge: () => void) {
    this.#context = context;
    this.#nudge = nudge;
  }

  /** What was collected of an attempt; null while that goes on. */
  resultOf(job: EndedJob): Collected | null {
    const token = tokenOf(job);
    const collected = this.#collected.get(token);
    if (collected !== undefined) return collected;
    if (!this.#waiting.has(token)) this.#waiting.set(token, { job, ends: 0, full: 0, notBeforeMs: 0 });
    return null;
  }

  /** Its end is on record, its record is gone, or it is to be collected again. */
  forget(token: string): void {
    // The others in the order are collected by the next process.
    if (this.#waiting.delete(token) && this.#at === token) this.#process?.[Symbol.dispose]();
    this.#collected.delete(token);
  }

  /** The attempt that the process is collecting; undefined where that is not known. */
  get #at(): string | undefined {
    return this.#asked[this.#process?.at ?? -1];
  }

  /** Takes what the process has told. */
  hear(): void {
    if (this.#process !== null) this.#hear(this.#process);
  }

  /** Starts the next process where one is due; returns in how many ms to be called again, null where nothing waits. */
  goOn(): number | null {
    if (this.#process === null) this.#begin();
    return this.#waiting.size === 0 ? null : READER_LOOK_MS;
  }

  #begin(): void {
    const { clock, layout, self, environment } = this.#context;
    const nowMs = clock.awakeMs();
    if (nowMs < this.#notBeforeMs) return;
    const due = [...this.#waiting].filter(([, { notBeforeMs }]) => notBeforeMs <= nowMs);
    // One at which a process was ended is collected alone.
    const suspect = due.find(([, { ends }]) => ends > 0);
    const next = suspect === undefined ? due.slice(0, JOBS_AT_ONCE) : [suspect];
    if (next.length === 0) return;
    this.#asked = next.map(([token]) => token);
    this.#untold = new Set(this.#asked);
    const order = { kind: "collect", jobs: next.map(([, { job }]) => job) } as const;
    try {
      const options = { layout, clock, self, environment, nudge: this.#nudge, verb: "collect" } as const;
      this.#process = new ReaderProcess<CollectMessage>(order, options);
    } catch (error) {
      if (errnoOf(error) === null) throw error;
      this.#context.log(`the results of ended jobs wait: ${String(error)}`);
      this.#notBeforeMs = nowMs + RETRY_MS;
    }
  }

  #hear(process: ReaderProcess<CollectMessage>): void {
    // Asked first: what it tells until then is there.
    const { isOver } = process;
    for (const told of process.told.splice(0)) if (told.type === "collected") this.#take(told);
    if (!isOver) return;
    this.#process = null;
    if (this.#untold.size === 0) return;
    const at = this.#asked[process.at ?? -1];
    if (at !== undefined) return this.#blame(at, process.end);
    this.#context.log(`the results of ended jobs wait: the process that collects them ${process.end}`);
    this.#notBeforeMs = this.#context.clock.awakeMs() + RETRY_MS;
  }

  #take({ job, collected }: Extract<CollectMessage, { type: "collected" }>): void {
    const token = this.#asked[job] ?? "";
    const waiting = this.#waiting.get(token);
    this.#untold.delete(token);
    if (waiting === undefined) return;
    if (collected.isDiskFull === true && waiting.full < MAX_FULL) {
      waiting.full += 1;
      waiting.notBeforeMs = this.#context.clock.awakeMs() + FULL_WAIT_MS;
    } else this.#finish(token, collected);
  }

  /** The process ended while it collected an attempt: that is to blame, or something outside. */
  #blame(token: string, end: string): void {
    const waiting = this.#waiting.get(token);
    if (waiting === undefined || !this.#untold.has(token)) return;
    waiting.ends += 1;
    this.#context.log(`${waiting.job.task.metadata.id}: the process that collects its results ${end}`);
    if (waiting.ends < MAX_ENDS) return;
    this.#finish(token, {
      notes: [`Cannot collect its results: the process that did so ${end}, ${counted(waiting.ends, "time")}`],
    });
  }

  #finish(token: string, collected: Collected): void {
    this.#waiting.delete(token);
    this.#collected.set(token, collected);
    this.#nudge();
  }

  /** What is being collected is collected again by the next supervisor. */
  [Symbol.dispose](): void {
    this.#process?.[Symbol.dispose]();
  }
}

function tokenOf({ task }: EndedJob): string {
  return openAttempt(task)?.token ?? "";
}
