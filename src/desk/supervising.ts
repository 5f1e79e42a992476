import { Inboxes } from "../daemon/admit/inbox.ts";
import { every } from "../daemon/chore.ts";
import { deliverLastNotices } from "../daemon/leave.ts";
import { DailyCleanup } from "../daemon/requests/daily-cleanup.ts";
import { Schedules, scheduleChores } from "../daemon/schedules/schedules.ts";
import type { Session } from "../daemon/session.ts";
import { type Supervision, supervise } from "../daemon/supervise.ts";
import type { Supervisor } from "../daemon/supervisor.ts";
import type { Settings } from "../intake/default-settings.ts";
import { watchDirectories } from "../intake/watch.ts";
import { counted } from "../lib/counted.ts";
import { asLines } from "../lib/printable.ts";
import type { Layout } from "../store/layout.ts";
import type { Caller } from "./caller.ts";

/** Watches may miss events, so folders are checked this often as well. */
const REFRESH_MS = 5_000;

/** Runs the loop of a supervisor until `isDone`; new files wake it. Without settings, it serves no inboxes and schedules. */
export async function superviseHome(
  caller: Caller,
  session: Session,
  options: {
    readonly settings: Settings | null;
    readonly isDone: Supervision["isDone"];
    /** True where it is to exit without waiting for notices. */
    readonly isHurried?: () => boolean;
  },
): Promise<void> {
  const { supervisor } = session;
  const { layout } = supervisor.context;
  const directories = options.settings === null ? [] : [layout.inbox, ...options.settings.inboxes];
  const defaults = options.settings?.defaults;
  using inboxes = new Inboxes(supervisor, {
    directories,
    userHome: caller.userHome,
    ...(defaults !== undefined && { defaults }),
  });
  using schedules =
    options.settings === null
      ? null
      : new Schedules(supervisor, {
          userHome: caller.userHome,
          ...(defaults !== undefined && { defaults }),
        });
  const watched = [layout.requests, layout.incoming, ...directories];
  await using watch = watchDirectories(schedules === null ? watched : [...watched, layout.schedules], {
    nudge: (path) => {
      inboxes.mark(path);
      supervisor.nudge();
    },
    onProblem: supervisor.context.log,
  });
  // Only an `up` cleans up by itself: a drain is to end, and `stint clean` exists.
  const rules = supervisor.context.lock.owner.role === "up" ? options.settings?.retention : undefined;
  const cleaning = rules === undefined ? null : new DailyCleanup(supervisor, rules);
  const clean = { action: "clean up", tick: () => cleaning?.tick() ?? null };
  await supervise(supervisor, {
    sources: [
      { action: "look into the inboxes", tick: () => inboxes.tick(), isIntake: true },
      ...(schedules === null ? [] : scheduleChores(schedules)),
    ],
    background: [
      every(REFRESH_MS, caller.clock, { action: "watch for new files", work: watch.refresh }),
      ...(cleaning === null ? [] : [clean]),
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
  const head = `${counted(left.length, "job keeps", "jobs keep")} running for the next supervisor of ${layout.home}:`;
  caller.err(asLines([head, ...names.map((name) => `  ${name}`)]));
}
