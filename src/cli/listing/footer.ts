import { controlOf } from "../../desk/control.ts";
import type { Overview } from "../../desk/overview.ts";
import { silenceLines } from "../../desk/text/silence.ts";
import { counted } from "../../lib/counted.ts";
import { asLines, oneLine } from "../../lib/printable.ts";
import type { TaskId } from "../../model/identity.ts";
import { isEmpty } from "../../model/overrides.ts";
import { isService } from "../../model/service.ts";
import type { Task } from "../../model/task.ts";
import { controlLines, limitLines } from "../text/control.ts";
import { manyTasks } from "../text/many.ts";
import { openGroupLines } from "../text/open-groups.ts";
import type { QueueSeen } from "../waits.ts";
import { feltLimits } from "./felt-limits.ts";

/** What holds for the queue as a whole, below a listing; empty where nothing is to be said. */
export function footerOf(overview: Overview, { waits }: QueueSeen, nowMs: number): string {
  const { diskFault, silence, stuck } = overview;
  const [reason] = stuck.values();
  const seen = controlOf(overview.seen, overview.owner);
  // A limit that keeps nothing from starting is not worth a line below each listing.
  const felt = isEmpty(seen.changed) ? {} : feltLimits(seen.changed, waits());
  const control = [...controlLines(seen, nowMs), ...limitLines(felt)];
  return [
    control.length === 0 ? "" : `\n${asLines(control)}`,
    diskFault === null
      ? ""
      : `\n${oneLine(diskFault)}: no job starts until that is fixed. See \`stint doctor\`.\n`,
    silence === null ? "" : `\n${asLines(silenceLines(silence, nowMs))}`,
    reason === undefined
      ? ""
      : `\n${counted(stuck.size, "accepted task")} that the supervisor cannot queue yet; it keeps trying: ${oneLine(reason)}. See \`stint doctor\`.\n`,
    unreadLine(overview.unread),
    openGroupsText(overview),
    unsupervised(overview),
  ].join("");
}

function unreadLine(unread: readonly TaskId[]): string {
  if (unread.length === 0) return "";
  const which = unread.length === 1 ? unread[0] : manyTasks(unread);
  return `\nThe ${unread.length === 1 ? "record" : "records"} of ${which} cannot be read. See \`stint doctor\`.\n`;
}

function openGroupsText({ openGroups, queued, active }: Overview): string {
  return openGroups.length === 0 ? "" : `\n${openGroupLines(openGroups, [...queued, ...active])}`;
}

function unsupervised({ isSupervised, queued, active }: Overview): string {
  if (isSupervised || queued.length + active.length === 0) return "";
  const jobs = (tasks: readonly Task[]): number => tasks.filter((task) => !isService(task)).length;
  const services = queued.length + active.length - jobs(queued) - jobs(active);
  const what = [
    jobs(queued) > 0 ? `${jobs(queued)} queued` : null,
    jobs(active) > 0 ? `${jobs(active)} running` : null,
    services > 0 ? counted(services, "service") : null,
  ].filter((part) => part !== null);
  return `\n${what.join(", ")}, and no supervisor is running. To start one: stint up --detach\n`;
}
