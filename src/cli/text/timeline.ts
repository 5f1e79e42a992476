import { localTime } from "../../lib/local-time.ts";
import type { Attempt } from "../../model/attempt.ts";
import type { EventSummary } from "../../model/event-summary.ts";
import { timelineOf } from "../../model/timeline.ts";
import { hanging } from "./wrap.ts";

/** The file of the attempt has all. */
const MOST_LINES = 20;

/** The timeline of an attempt; none where the job told nothing, as the line of the attempt says the rest. */
export function timelineLines(
  attempt: Attempt,
  { nowMs, columns, told }: { nowMs: number; columns: number; told: EventSummary | null },
): string[] {
  const entries = told?.timeline ?? ("timeline" in attempt ? attempt.timeline : undefined) ?? [];
  if (entries.length === 0) return [];
  const lines = timelineOf(attempt, entries);
  const shown = lines.slice(-MOST_LINES);
  const isCut = shown.length < lines.length;
  return [
    ...(isCut ? [`    … earlier lines: ${attempt.number}/events.ndjson`] : []),
    ...shown.flatMap(({ at, type, msg, payload, claimed }) => {
      const when = at === undefined ? "" : `${localTime(at, nowMs)} `;
      const flag = claimed === undefined ? "" : ` (the job wrote ${claimed}, which only stint may say)`;
      const beside = payload === undefined ? "" : ` ${JSON.stringify(payload)}`;
      return hanging("    ", `${when}${type}${msg === "" ? "" : ` ${msg}`}${beside}${flag}`, {
        columns,
        hang: 6,
      });
    }),
  ];
}
