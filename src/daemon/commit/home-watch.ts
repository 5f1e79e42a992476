import type { Clock } from "../../lib/clock.ts";
import type { Problem } from "../../model/errors.ts";
import { othersInHome } from "../../store/home.ts";
import type { Layout } from "../../store/layout.ts";

/** The home is checked at most this often; turns of the loop may be a few milliseconds apart. */
const CHECK_MS = 100;

/** Checks, while a supervisor runs, that no other user may write in its home. */
export class HomeWatch {
  readonly #of: { readonly layout: Layout; readonly clock: Clock };
  #checkedAwakeMs = Number.NEGATIVE_INFINITY;

  constructor(of: { readonly layout: Layout; readonly clock: Clock }) {
    this.#of = of;
  }

  /** The fault of the home; null where there is none, or the last check was less than CHECK_MS ago. */
  check(): Problem | null {
    const { layout, clock } = this.#of;
    if (clock.awakeMs() - this.#checkedAwakeMs < CHECK_MS) return null;
    this.#checkedAwakeMs = clock.awakeMs();
    return othersInHome(layout);
  }
}
