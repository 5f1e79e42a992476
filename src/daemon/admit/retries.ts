/** What was refused is tried again after this time, and after twice as long each time that it is. */
const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 60_000;

interface Wait {
  readonly times: number;
  readonly waitMs: number;
  readonly againAwakeMs: number;
}

/** What the system refuses for now and may let go later, by its name; times are `Clock.awakeMs`. */
export class Retries<Key extends string> {
  readonly #waits = new Map<Key, Wait>();

  get keys(): Key[] {
    return [...this.#waits.keys()];
  }

  has(key: Key): boolean {
    return this.#waits.has(key);
  }

  /** True also for what was never refused. */
  isDue(key: Key, nowMs: number): boolean {
    return nowMs >= (this.#waits.get(key)?.againAwakeMs ?? 0);
  }

  /** It was refused; gives how often by now. */
  postpone(key: Key, nowMs: number): number {
    const before = this.#waits.get(key);
    const waitMs = before === undefined ? FIRST_RETRY_MS : Math.min(before.waitMs * 2, MAX_RETRY_MS);
    const times = (before?.times ?? 0) + 1;
    this.#waits.set(key, { times, waitMs, againAwakeMs: nowMs + waitMs });
    return times;
  }

  forget(key: Key): void {
    this.#waits.delete(key);
  }

  /** When the first of them is tried again, in ms; null where there is none. */
  nextInMs(nowMs: number): number | null {
    let firstMs: number | null = null;
    for (const { againAwakeMs } of this.#waits.values())
      firstMs = Math.min(firstMs ?? againAwakeMs, againAwakeMs);
    return firstMs === null ? null : Math.max(0, firstMs - nowMs);
  }
}
