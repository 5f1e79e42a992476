import type { Caller } from "../desk/caller.ts";
import { changesOf, type Happening, type Happenings } from "../desk/event-stream.ts";
import type { Layout } from "../store/layout.ts";

/** How often the log of changes is read while there is a listener. */
const POLL_MS = 200;
/** Events that are kept for those who come back. */
const MAX_KEPT = 10_000;
/** After so long without a listener, what has happened meanwhile is not read: it may be a lot. */
const MAX_ABSENT_MS = 60_000;

/** What happened, in the order of `index`, which counts what this server has seen. */
export interface RoomEvent {
  readonly index: number;
  readonly happening: Happening;
}

/** A place in the events. */
export interface RoomPlace {
  readonly index: number;
  /** What is missing before it. */
  readonly gap: { readonly from: number; readonly to: number } | null;
}

/**
 * The events of a home, read once for all listeners: each has a place in one list, takes what follows when it can, and so costs nothing
 * while it is slow. What falls out of the list before a listener took it is a gap for that one.
 */
export class EventRoom {
  readonly #layout: Layout;
  readonly #caller: Caller;
  #source: Happenings | null = null;
  #kept: RoomEvent[] = [];
  #next = 0;
  #listeners = 0;
  #timer: Timer | null = null;
  #leftAwakeMs = 0;
  readonly #waiting = new Set<() => void>();

  readonly #mostKept: number;

  constructor(layout: Layout, caller: Caller, mostKept = MAX_KEPT) {
    this.#mostKept = mostKept;
    this.#layout = layout;
    this.#caller = caller;
  }

  get listeners(): number {
    return this.#listeners;
  }

  /** Begins to read for one more listener; returns what ends that. */
  enter(): () => void {
    this.#listeners += 1;
    if (this.#timer === null) {
      const absentMs = this.#caller.clock.awakeMs() - this.#leftAwakeMs;
      if (this.#source === null || absentMs > MAX_ABSENT_MS) {
        this.#source = changesOf(this.#caller, this.#layout, null);
        this.#kept = [];
      }
      this.#read();
      this.#timer = setInterval(() => this.#read(), POLL_MS);
    }
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.#listeners -= 1;
      if (this.#listeners > 0 || this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
      this.#leftAwakeMs = this.#caller.clock.awakeMs();
    };
  }

  /** The place after the event with a number; null for what happens from now on. */
  placeAfter(seq: number | null): RoomPlace {
    if (seq === null) return { index: this.#next, gap: null };
    const numbered = this.#kept.filter(({ happening }) => happening.type === "changed");
    const first = numbered.at(0)?.happening;
    const last = numbered.at(-1)?.happening;
    if (first?.type !== "changed" || last?.type !== "changed") return { index: this.#next, gap: null };
    // A number that was not given out yet is of another home, or of one that was restored.
    if (seq > last.line.seq) return { index: this.#next, gap: { from: last.line.seq + 1, to: seq } };
    const after = numbered.find(({ happening }) => happening.type === "changed" && happening.line.seq > seq);
    const gap = seq < first.line.seq - 1 ? { from: seq + 1, to: first.line.seq - 1 } : null;
    return { index: after?.index ?? this.#next, gap };
  }

  /** Up to `most` events from a place on. Where the first of them is not kept any more, they begin with the oldest. */
  from(index: number, most: number): readonly RoomEvent[] {
    const first = this.#kept[0]?.index ?? this.#next;
    const start = Math.max(0, index - first);
    return this.#kept.slice(start, start + most);
  }

  /** Resolves once something has happened after `index`, or after some time. */
  async changed(index: number, withinMs: number): Promise<void> {
    if (this.#next > index) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }

  #read(): void {
    const happened = this.#source?.() ?? [];
    for (const happening of happened) {
      this.#kept.push({ index: this.#next, happening });
      this.#next += 1;
    }
    if (this.#kept.length > this.#mostKept) this.#kept.splice(0, this.#kept.length - this.#mostKept);
    if (happened.length === 0) return;
    for (const wake of this.#waiting) wake();
  }
}
