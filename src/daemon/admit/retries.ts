/** The first retry comes after this time; each further wait is twice as long. */
const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 60_000;

interface Wait {
  readonly times: number;
  readonly waitMs: number;
  readonly againAwakeMs: number;
}

/** Backoff for operations that the system refuses now and may allow later, by key; times are `Clock.awakeMs`. */
export class Retries<Key extends string> {
  readonly #waits = new Map<Key, Wait>();

  get keys(): Key[] {
    return [...this.#waits.keys()];
  }

  has(key: Key): boolean {
    return this.#waits.has(key);
  }

  /** True also for a key that was never postponed. */
  isDue(key: Key, nowMs: number): boolean {
    return nowMs >= (this.#waits.get(key)?.againAwakeMs ?? 0);
  }

  /** Notes a refusal; returns how many there were. */
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

  /** In how many ms the next retry is due, of what was refused at most so many times; null where there is none. */
  nextInMs(nowMs: number, most = Number.POSITIVE_INFINITY): number | null {
    let firstMs: number | null = null;
    for (const { againAwakeMs, times } of this.#waits.values())
      if (times <= most) firstMs = Math.min(firstMs ?? againAwakeMs, againAwakeMs);
    return firstMs === null ? null : Math.max(0, firstMs - nowMs);
  }
}
