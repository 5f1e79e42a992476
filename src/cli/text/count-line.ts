import type { Context } from "../context.ts";

/** What takes no longer is not talked of. */
const QUIET_MS = 300;
const REFRESH_MS = 100;

/** Shows how far a look at all that has ended is: one line rewritten in place on a terminal, nothing elsewhere. */
export class CountLine {
  readonly #context: Context;
  #nextMs: number;
  #isShown = false;

  constructor(context: Context) {
    this.#context = context;
    this.#nextMs = context.isTerminal ? context.clock.awakeMs() + QUIET_MS : Number.POSITIVE_INFINITY;
  }

  onProgress = (count: number, all: number): void => {
    if (this.#nextMs === Number.POSITIVE_INFINITY) return;
    const nowMs = this.#context.clock.awakeMs();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + REFRESH_MS;
    this.#isShown = true;
    this.#context.err(`\r\u001b[K${count} of ${all} ended tasks looked at`);
  };

  /** Removes the line, so that something else can be written. */
  clear(): void {
    if (this.#isShown) this.#context.err("\r\u001b[K");
    this.#isShown = false;
  }
}
