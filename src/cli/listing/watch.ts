import { ownSequence } from "../../lib/printable.ts";
import type { Result } from "../../lib/result.ts";
import { EXIT, type Problem } from "../../model/errors.ts";
import type { Ended } from "../command-line/declare.ts";
import type { Context } from "../context.ts";
import { wrapped } from "../text/wrap.ts";

const WATCH_MS = 1_000;
/** A long queue is read less often: this share of the time at most is spent on it. */
const MAX_SHARE = 0.2;

/** The alternate screen without a cursor and without wrapped lines, and back (xterm's control sequences). */
const ENTER = ["?1049h", "?25l", "?7l"].map(ownSequence).join("");
const LEAVE = ["?7h", "?25h", "?1049l"].map(ownSequence).join("");
/** A terminal that knows these marks shows what is between them at once. */
const BEGIN_FRAME = `${ownSequence("?2026h")}${ownSequence("H")}`;
const END_FRAME = `${ownSequence("J")}${ownSequence("?2026l")}`;
const REST_OF_LINE = ownSequence("K");

/** One look at what is watched: a table with its head, and what is to be said below it. */
export interface Frame {
  readonly table: string;
  readonly footer: string;
}

/** Shows a frame every second until a signal or an error: on the alternate screen of a terminal, else one after the other. */
export async function watch(context: Context, look: () => Promise<Result<Frame, Problem>>): Promise<Ended> {
  const { isTerminal, clock } = context;
  let isInterrupted = false;
  let wake = (): void => {};
  context.onSignal(() => {
    isInterrupted = true;
    wake();
  });
  let count = 0;
  let isLeft = false;
  if (isTerminal) context.onResize(() => wake());
  context.onSuspend(
    () => {
      isLeft = true;
      if (count > 0) context.out(LEAVE);
    },
    () => {
      // Enters the screen again.
      isLeft = false;
      count = 0;
      wake();
    },
  );
  try {
    for (;;) {
      const sinceMs = clock.awakeMs();
      const frame = await look();
      if (!frame.ok) return frame.error;
      if (isInterrupted) return EXIT.done;
      if (!isLeft) {
        show(context, frame.value, count);
        count += 1;
      }
      if (context.outputEnd() !== null) return EXIT.done;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, Math.max(WATCH_MS, (clock.awakeMs() - sinceMs) / MAX_SHARE));
      await promise;
      clearTimeout(timer);
      if (isInterrupted) return EXIT.done;
    }
  } finally {
    if (isTerminal && count > 0) context.out(LEAVE);
  }
}

/** The n-th frame; in a pipe, frames are parted by an empty line. */
function show(context: Context, frame: Frame, count: number): void {
  if (context.isTerminal) {
    context.out(`${count === 0 ? ENTER : ""}${onScreen(frame, context)}`);
    return;
  }
  context.out(`${count === 0 ? "" : "\n"}${frame.table}`);
  context.err(frame.footer);
}

/** The frame as one text that overwrites the last one; what does not fit is counted. */
export function onScreen({ table, footer }: Frame, size: Pick<Context, "columns" | "rows">): string {
  const columns = size.columns();
  const height = size.rows();
  const below = footer
    .trimEnd()
    .split("\n")
    .flatMap((line) => wrapped(line, columns))
    .slice(0, Math.max(0, Math.floor(height / 2)));
  const foot = footer.trim() === "" ? [] : below;
  const rows = table.trimEnd().split("\n");
  const room = Math.max(1, height - foot.length);
  const hidden = rows.length - room;
  const shown = hidden <= 0 ? rows : [...rows.slice(0, room - 1), `… ${hidden + 1} more`];
  const lines = [...shown, ...foot].slice(0, height);
  return `${BEGIN_FRAME}${lines.map((line) => `${line}${REST_OF_LINE}`).join("\n")}${END_FRAME}`;
}
