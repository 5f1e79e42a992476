import { signalNumber } from "../model/evidence.ts";
import type { Context } from "./context.ts";

/** The first signal that asks this process to end while it waits; the wait polls it. */
export class Interruption {
  #signal: string | null = null;

  constructor(context: Pick<Context, "onSignal">) {
    context.onSignal((signal) => (this.#signal ??= signal));
  }

  /** 128 + n for signal n, as a shell reports it; null where there was none. */
  get exit(): number | null {
    return this.#signal === null ? null : 128 + (signalNumber(this.#signal) ?? 0);
  }
}
