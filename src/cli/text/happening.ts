import type { Happening } from "../../desk/event-stream.ts";
import { localStamp } from "../../lib/local-time.ts";
import { GAP } from "../../model/feed.ts";

/** What happened as an object of JSON, in one line. */
export function happeningJson(of: Happening): string {
  switch (of.type) {
    case "missing":
      return JSON.stringify({ type: GAP, payload: { from: of.from, to: of.to } });
    case "changed": {
      const { prevHash: _before, hash: _own, ...line } = of.line;
      return JSON.stringify(line);
    }
    case "fed":
    case "told":
      return JSON.stringify(of.line);
  }
}

/** What happened as a line for people. */
export function happeningLine(of: Happening): string {
  if (of.type === "missing") return `${of.from}-${of.to} are gone`;
  const when = localStamp(Date.parse(of.line.at));
  if (of.type === "changed") {
    const { seq, event, task, actor, detail } = of.line;
    return words(seq, when, task, event, `by ${actor}`, detail);
  }
  const { task, attempt, type, payload } = of.line;
  const seq = of.type === "fed" ? of.line.seq : "-";
  const { msg, ...rest } = payload ?? {};
  const said = typeof msg === "string" || typeof msg === "number" ? msg : undefined;
  const beside = Object.keys(rest).length === 0 ? undefined : JSON.stringify(rest);
  const what = task === undefined ? undefined : `${task}/${attempt}`;
  return words(seq, when, what, type, said, beside);
}

function words(...parts: readonly (string | number | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join("  ");
}
