import { ESCAPE_SEQUENCES } from "../lib/printable.ts";

/** Stands for a move of the cursor to the row above; output that has this character itself loses it. */
const UP = "\v";
const MOST_UP = 99;
/** Of a row, the state before the last is of use where the last was written in part. */
const KEPT_STATES = 2;

/** The rows that output leaves on a terminal, each with its last states, and the index of the cursor's row or the one above it. */
export interface ScreenRows {
  readonly rows: readonly (readonly string[])[];
  readonly cursor: number;
}

/**
 * Reads output as a terminal of unlimited width shows it: `\r` begins a new state of the row, and `ESC [ n A`, which nested progress bars
 * write, moves up. Other sequences are dropped, and so are empty states. A state of blanks clears its row.
 */
export function screenRows(output: string): ScreenRows {
  const text = output.replaceAll(UP, "").replace(ESCAPE_SEQUENCES, upOrNothing);
  const byRow = new Map<number, string[]>();
  let row = 0;
  let from = 0;
  const draw = (state: string): void => {
    const plain = state.replace(/[^\P{Cc}\t]/gu, "");
    if (plain === "") return;
    const states = byRow.getOrInsertComputed(row, () => []);
    states.push(plain);
    if (states.length > KEPT_STATES) states.shift();
  };
  for (const { index, 0: move } of text.matchAll(/[\n\r\v]/g)) {
    draw(text.slice(from, index));
    from = index + 1;
    if (move === "\n") row += 1;
    if (move === UP) row -= 1;
  }
  draw(text.slice(from));
  const drawn = [...byRow].toSorted(([left], [right]) => left - right);
  return {
    rows: drawn.map(([, states]) => states),
    cursor: drawn.findLastIndex(([one]) => one <= row),
  };
}

function upOrNothing(sequence: string): string {
  const rows = /\[(\d{0,3})A$/.exec(sequence)?.[1];
  return rows === undefined ? "" : UP.repeat(Math.min(MOST_UP, Number(rows) || 1));
}
