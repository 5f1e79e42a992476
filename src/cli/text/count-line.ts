import type { ProgressView } from "../../desk/caller.ts";
import type { Clock } from "../../lib/clock.ts";

/** Shorter operations show no progress. */
const QUIET_MS = 300;
const REFRESH_MS = 100;

/** Shows progress, by default of reading ended tasks: one line that is rewritten on a terminal, nothing elsewhere. */
export class CountLine implements ProgressView {
  readonly #show: (line: string) => void;
  readonly #clock: Clock;
  readonly #tell: (count: number, all: number) => string;
  #nextMs: number;

  constructor(show: (line: string) => void, clock: Clock, tell = tasksRead) {
    this.#tell = tell;
    this.#show = show;
    this.#clock = clock;
    this.#nextMs = clock.awakeMs() + QUIET_MS;
  }

  onProgress = (count: number, all: number): void => {
    const nowMs = this.#clock.awakeMs();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + REFRESH_MS;
    this.#show(this.#tell(count, all));
  };

  /** Removes the line, so that other output can follow. */
  clear(): void {
    this.#show("");
  }
}

function tasksRead(count: number, all: number): string {
  return `${count} of ${all} ended tasks read`;
}
