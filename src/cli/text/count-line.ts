import type { ProgressView } from "../../desk/caller.ts";
import type { Clock } from "../../lib/clock.ts";

/** What takes no longer is not talked of. */
const QUIET_MS = 300;
const REFRESH_MS = 100;

/** Shows how far a look at all ended tasks has come: one line of a terminal, rewritten in place. */
export class CountLine implements ProgressView {
  readonly #write: (text: string) => void;
  readonly #clock: Clock;
  #nextMs: number;
  #isShown = false;

  constructor(write: (text: string) => void, clock: Clock) {
    this.#write = write;
    this.#clock = clock;
    this.#nextMs = clock.awakeMs() + QUIET_MS;
  }

  onProgress = (count: number, all: number): void => {
    const nowMs = this.#clock.awakeMs();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + REFRESH_MS;
    this.#isShown = true;
    this.#write(`\r\u001b[K${count} of ${all} ended tasks looked at`);
  };

  /** Removes the line, so that something else can be written. */
  clear(): void {
    if (this.#isShown) this.#write("\r\u001b[K");
    this.#isShown = false;
  }
}
