import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { openShares } from "../machine/shares.ts";
import type { Problem } from "../model/errors.ts";
import type { Role } from "../model/owner.ts";
import { openAttempt } from "../model/task.ts";
import { takenNote } from "../store/audit-chain.ts";
import { homeGone, problemFromErrno } from "../store/fs-errors.ts";
import { othersInHome } from "../store/home.ts";
import { type HeldLock, takeLock } from "../store/lock.ts";
import { requireRoomForJobs } from "../store/probe.ts";
import { recover } from "../store/recover.ts";
import { dropDeadTurn } from "../store/submit-turn.ts";
import type { SupervisorContext } from "./context.ts";
import { DevicePool } from "./devices/device-pool.ts";
import { InventoryKeeper } from "./devices/inventory.ts";
import { NotificationDispatcher } from "./notices/dispatcher.ts";
import { Supervisor } from "./supervisor.ts";
import { sweepLeft, takeRecovered } from "./take-recovered.ts";

/** A supervisor with its lock; disposing of it releases the lock. */
export interface Session extends AsyncDisposable {
  readonly supervisor: Supervisor;
}

/** Acquires the home's lock, recovers what a crash left, and adopts the jobs of the previous supervisor. Errors: who owns the lock, or the disk. */
export async function openSession(
  options: Omit<SupervisorContext, "lock">,
  role: Role,
): Promise<Result<Session, Problem>> {
  const { capacity, labels, deadline } = options.scheduling;
  const offered =
    role === "command"
      ? null
      : {
          capacity,
          labels,
          controllers: [...options.limitBackend().controllers],
          ...(deadline !== null && { closing: deadline }),
        };
  const unsafe = othersInHome(options.layout);
  if (unsafe !== null) return err(unsafe);
  let lock: HeldLock | null = null;
  let opened: Supervisor | null = null;
  try {
    if (role !== "command") requireRoomForJobs(options.layout);
    const taken = await takeLock(options.layout, {
      role,
      clock: options.clock,
      offered,
    });
    if (!taken.ok) return taken;
    lock = taken.value;
    const held = lock;
    await dropDeadTurn(options.layout, options.clock);
    const supervisor = new Supervisor({ ...options, lock: held });
    opened = supervisor;
    recoverAndAdopt(supervisor, held);
    const inventory = role === "command" ? null : keepInventory(supervisor);
    if (role !== "command")
      supervisor.committer.notifications = new NotificationDispatcher(supervisor.context, supervisor.nudge);
    return ok({
      supervisor,
      [Symbol.asyncDispose]: async () => {
        inventory?.[Symbol.dispose]();
        supervisor[Symbol.dispose]();
        await held[Symbol.asyncDispose]();
      },
    });
  } catch (error) {
    opened?.[Symbol.dispose]();
    await lock?.[Symbol.asyncDispose]();
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return err(
      homeGone(options.layout.home) ??
        problemFromErrno(errno, `work on the home "${options.layout.home}"`, error),
    );
  }
}

/** Probes the devices while the session lasts, and lets the supervisor assign them. */
function keepInventory(supervisor: Supervisor): InventoryKeeper {
  const { layout, clock, environment, log, random, lock, scheduling } = supervisor.context;
  const { nudge } = supervisor;
  const isOwn = (token: string): boolean =>
    supervisor.queue.active.some((task) => openAttempt(task)?.token === token) || pool.isKnown(token);
  const rules = scheduling.deviceRules;
  const keeper = new InventoryKeeper({ layout, clock, rules, environment, isOwn, log, nudge });
  const shares = openShares(environment);
  const pool = new DevicePool({ keeper, shares, home: layout.home, owner: lock.owner, clock, random, nudge });
  pool.adopt(supervisor.queue);
  supervisor.devices = pool;
  return keeper;
}

function recoverAndAdopt(supervisor: Supervisor, lock: HeldLock): void {
  const { layout, clock, actor } = supervisor.context;
  const recovered = recover(layout, clock.now(), {
    announce: (moved, known) => supervisor.committer.announce(moved, () => known),
    isPassing: lock.owner.role === "command",
  });
  failpoint("session:recovered");
  const { owner, takenFrom } = lock;
  const isAllRead = recovered.unread.size === 0;
  takeRecovered(supervisor, recovered, [takenNote(layout, actor, { owner, takenFrom, isAllRead })]);
  sweepLeft(supervisor);
}
