import { controlOf } from "../../desk/control.ts";
import type { Overview } from "../../desk/overview.ts";
import { silenceLines } from "../../desk/text/silence.ts";
import { counted } from "../../lib/counted.ts";
import { asLines, oneLine } from "../../lib/printable.ts";
import { controlLines } from "../text/control.ts";

/** What holds for the queue as a whole, below a listing; empty where nothing is to be said. */
export function footerOf(overview: Overview, nowMs: number): string {
  const { diskFault, silence, stuck } = overview;
  const [reason] = stuck.values();
  const control = controlLines(controlOf(overview.seen, overview.owner), nowMs);
  return [
    control.length === 0 ? "" : `\n${asLines(control)}`,
    diskFault === null
      ? ""
      : `\n${oneLine(diskFault)}: no job starts until that is fixed. See \`stint doctor\`.\n`,
    silence === null ? "" : `\n${asLines(silenceLines(silence, nowMs))}`,
    reason === undefined
      ? ""
      : `\n${counted(stuck.size, "accepted task")} that the supervisor cannot queue yet; it keeps trying: ${oneLine(reason)}. See \`stint doctor\`.\n`,
    unsupervised(overview),
  ].join("");
}

function unsupervised({ isSupervised, queued, active }: Overview): string {
  if (isSupervised || queued.length + active.length === 0) return "";
  const what = [
    queued.length > 0 ? `${queued.length} queued` : null,
    active.length > 0 ? `${active.length} running` : null,
  ].filter((part) => part !== null);
  return `\n${what.join(", ")}, and no supervisor is running. To start one: stint up --detach\n`;
}
