import { every } from "../daemon/chore.ts";
import { ConfigWatch } from "../daemon/config-watch.ts";
import { deliverLastNotices } from "../daemon/leave.ts";
import { DailyCleanup } from "../daemon/requests/daily-cleanup.ts";
import type { Session } from "../daemon/session.ts";
import { type Supervision, supervise } from "../daemon/supervise.ts";
import type { Supervisor } from "../daemon/supervisor.ts";
import { watchFile } from "../intake/watch-file.ts";
import { counted } from "../lib/counted.ts";
import { asLines } from "../lib/printable.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";
import { Sources } from "./sources.ts";

/** Watches may miss events, so folders are checked this often as well. */
const REFRESH_MS = 5_000;

/** Runs the loop of a supervisor until `isDone`; new files wake it. Without sources, it serves no inboxes and schedules. */
export async function superviseHome(
  caller: Caller,
  session: Session,
  options: {
    readonly hasSources: boolean;
    readonly isDone: Supervision["isDone"];
    /** True where it is to exit without waiting for notices. */
    readonly isHurried?: () => boolean;
  },
): Promise<void> {
  const { supervisor } = session;
  const { layout, lock, config } = supervisor.context;
  const { userHome } = caller;
  await using sources = new Sources(supervisor, { userHome, isServing: options.hasSources });
  // Only an `up` cleans up by itself: a drain is to end, and `stint clean` exists.
  const cleaning =
    lock.owner.role === "up" ? new DailyCleanup(supervisor, () => config.settings.retention) : null;
  const settings = new ConfigWatch(supervisor, { userHome, onSettings: (changed) => sources.take(changed) });
  using _watch = watchFile(layout.settings, () => {
    settings.mark();
    supervisor.nudge();
  });
  await supervise(supervisor, {
    sources: [{ action: "read config.yaml", tick: () => settings.tick() }, ...sources.chores],
    background: [
      every(REFRESH_MS, caller.clock, { action: "watch for new files", work: () => sources.refresh() }),
      ...(cleaning === null ? [] : [{ action: "clean up", tick: () => cleaning.tick() }]),
    ],
    isDone: options.isDone,
  });
  await deliverLastNotices(supervisor, options.isHurried ?? (() => false));
}

/** Reports the jobs that keep running when a supervisor exits. */
export function tellLeftJobs(
  caller: Caller,
  { supervisor, layout }: { supervisor: Supervisor; layout: Layout },
): void {
  const left = [...supervisor.jobs.values()];
  if (left.length === 0) return;
  const names = left.map((job) => `${job.id}${job.leader === null ? "" : ` (pid ${job.leader.pid})`}`);
  const head = `${counted(left.length, "job keeps", "jobs keep")} running; the next supervisor of ${layout.home} takes over:`;
  caller.err(asLines([head, ...names.map((name) => `  ${name}`)]));
}
