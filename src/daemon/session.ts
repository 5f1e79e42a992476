import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { localTime } from "../lib/local-time.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { openShares } from "../machine/shares.ts";
import type { DeviceRules } from "../model/device.ts";
import type { Problem } from "../model/errors.ts";
import { describeBounds, isEmpty } from "../model/overrides.ts";
import type { Role } from "../model/owner.ts";
import { openAttempt } from "../model/task.ts";
import { takenNote } from "../store/audit-chain.ts";
import { homeGone, problemFromErrno } from "../store/fs-errors.ts";
import { othersInHome } from "../store/home.ts";
import { type HeldLock, takeLock } from "../store/lock.ts";
import { recoverOverrides } from "../store/overrides.ts";
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
  const { capacity, labels, deadline } = options.config.scheduling;
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
    const taken = await takeLock(options.layout, { role, clock: options.clock, offered });
    if (!taken.ok) return taken;
    lock = taken.value;
    const held = lock;
    await dropDeadTurn(options.layout, options.clock);
    loadOverrides(options, held);
    const supervisor = new Supervisor({ ...options, lock: held });
    opened = supervisor;
    supervisor.publishConfig();
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

/** What was changed at run time applies to each owner of the lock. */
function loadOverrides(
  { layout, config, log, clock }: Omit<SupervisorContext, "lock">,
  { owner }: HeldLock,
): void {
  const findings: string[] = [];
  const overrides = recoverOverrides(layout, findings);
  for (const finding of findings) log(finding);
  config.takeOverrides(overrides, owner.token);
  if (owner.role === "command") return;
  const { lasting, paused } = overrides;
  if (!isEmpty(lasting)) log(`changed by stint jobs: ${describeBounds(lasting)}`);
  if (paused !== undefined)
    log(
      `the queue is paused by ${paused.by} since ${localTime(paused.at, clock.now())}: nothing starts before stint resume`,
    );
}

/** Probes the devices while the session lasts, and lets the supervisor assign them. */
function keepInventory(supervisor: Supervisor): InventoryKeeper {
  const { layout, clock, environment, log, random, lock, config } = supervisor.context;
  const { nudge } = supervisor;
  const isOwn = (token: string): boolean =>
    supervisor.queue.active.some((task) => openAttempt(task)?.token === token) || pool.isKnown(token);
  const rules = (): DeviceRules => config.scheduling.deviceRules;
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
