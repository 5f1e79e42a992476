import { ownSequence } from "../../lib/printable.ts";
import type { State } from "../../model/state.ts";

/** Adds colours to text, or leaves it plain. */
export interface Style {
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly state: (state: State) => string;
}

/** SGR colour codes (ECMA-48, 8.3.117). */
const STATE_COLOURS: Readonly<Record<State, number>> = {
  queued: 33,
  preparing: 36,
  running: 36,
  serving: 36,
  stopping: 35,
  collecting: 36,
  orphaned: 35,
  completed: 32,
  failed: 31,
  cancelled: 90,
};

/** The style for a terminal with colours, or the plain one. */
export function styleFor(hasColor: boolean): Style {
  const paint = (code: number) => (text: string) =>
    hasColor ? `${ownSequence(`${code}m`)}${text}${ownSequence("0m")}` : text;
  return { dim: paint(2), bold: paint(1), state: (state) => paint(STATE_COLOURS[state])(state) };
}
