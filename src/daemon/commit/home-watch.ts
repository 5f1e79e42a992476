import type { Clock } from "../../lib/clock.ts";
import type { Problem } from "../../model/errors.ts";
import { othersInHome } from "../../store/home.ts";
import type { Layout } from "../../store/layout.ts";

/** A turn may come each few milliseconds; nobody opens a folder to others as often. */
const LOOK_MS = 100;

/** Sees to it that nobody else may write in a home while it is worked on. */
export class HomeWatch {
  readonly #of: { readonly layout: Layout; readonly clock: Clock };
  #seenAwakeMs = Number.NEGATIVE_INFINITY;

  constructor(of: { readonly layout: Layout; readonly clock: Clock }) {
    this.#of = of;
  }

  /** Null where all is well, or was a moment ago. */
  look(): Problem | null {
    const { layout, clock } = this.#of;
    if (clock.awakeMs() - this.#seenAwakeMs < LOOK_MS) return null;
    this.#seenAwakeMs = clock.awakeMs();
    return othersInHome(layout);
  }
}
