import { checkpoint } from "../../store/checkpoint.ts";
import type { Layout } from "../../store/layout.ts";
import type { Writer } from "../../store/writer.ts";

/** By then the kernel has written back most of the records, and a sync of them costs little. */
const INTERVAL_MS = 30_000;
/** A start after a power cut has to read little more than this. */
const MAX_JOURNALED_BYTES = 8 * 1_024 * 1_024;

/** Syncs records to the disk beside the loop and drops their journal segments, so that the journal stays small. */
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

  /** Begins a checkpoint where one is due and does not wait for it; logs what could not be synced. */
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
