import { checkpoint } from "../../store/checkpoint.ts";
import type { Layout } from "../../store/layout.ts";
import type { Writer } from "../../store/writer.ts";

/** By then the system has most of the records on the disk of its own accord, and a sync of them costs little. */
const INTERVAL_MS = 30_000;
/** A start after a power cut reads so much at most, and a little more. */
const MAX_JOURNALED_BYTES = 8 * 1_024 * 1_024;

/** Puts records on the disk beside the work of a holder, so that the journal does not grow. */
export class Checkpoints {
  readonly #layout: Layout;
  readonly #writer: Writer;
  #lastAwakeMs: number;
  #isBusy = false;

  constructor(layout: Layout, writer: Writer, nowAwakeMs: number) {
    this.#layout = layout;
    this.#writer = writer;
    this.#lastAwakeMs = nowAwakeMs;
  }

  /** Begins one where it is time; nothing waits for it. Says what could not be done. */
  beginIfDue(nowAwakeMs: number, log: (line: string) => void): void {
    const isDue =
      nowAwakeMs - this.#lastAwakeMs >= INTERVAL_MS || this.#writer.journaled >= MAX_JOURNALED_BYTES;
    if (this.#isBusy || !isDue) return;
    this.#lastAwakeMs = nowAwakeMs;
    const segments = this.#writer.endSegment();
    if (segments.length === 0) return;
    void this.#make(segments, log);
  }

  async #make(segments: readonly string[], log: (line: string) => void): Promise<void> {
    this.#isBusy = true;
    try {
      for (const { path, what } of await checkpoint(this.#layout, segments)) log(`${path}: ${what}`);
    } finally {
      this.#isBusy = false;
    }
  }
}
