import { errnoOf } from "../lib/errno.ts";
import { failpoint } from "../lib/failpoint.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { openShares } from "../machine/shares.ts";
import type { AuditNote } from "../model/audit.ts";
import type { Problem } from "../model/errors.ts";
import type { Role } from "../model/owner.ts";
import { openAttempt } from "../model/task.ts";
import { othersInHome } from "../store/home.ts";
import { type HeldLock, takeLock } from "../store/lock.ts";
import { requireRoomForJobs } from "../store/probe.ts";
import { recover } from "../store/recover.ts";
import { dropDeadTurn } from "../store/submit-turn.ts";
import { problemOf } from "../store/trouble.ts";
import { DevicePool } from "./device-pool.ts";
import { Holder, type HolderOptions } from "./holder.ts";
import { InventoryKeeper } from "./inventory.ts";
import { Courier } from "./notices/courier.ts";
import { sweepLeft, takeRecovered } from "./take-recovered.ts";

export interface Session extends AsyncDisposable {
  readonly holder: Holder;
}

/** Takes the home's lock, puts in order what a crash left, and adopts the jobs of whoever held it before. */
export async function openSession(
  options: Omit<HolderOptions, "lock">,
  role: Role,
): Promise<Result<Session, Problem>> {
  const { capacity, labels, closing } = options.terms;
  const offered =
    role === "command"
      ? null
      : {
          capacity,
          labels,
          controllers: [...options.means().controllers],
          ...(closing !== null && { closing }),
        };
  const unsafe = othersInHome(options.layout);
  if (unsafe !== null) return err(unsafe);
  let lock: HeldLock | null = null;
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
    const holder = new Holder({ ...options, lock: held });
    settleIn(holder, held);
    const inventory = role === "command" ? null : keepInventory(holder);
    if (role !== "command") holder.courier = new Courier(holder.options, holder.nudge);
    return ok({
      holder,
      [Symbol.asyncDispose]: async () => {
        inventory?.[Symbol.dispose]();
        holder.courier?.[Symbol.dispose]();
        holder.close();
        await held[Symbol.asyncDispose]();
      },
    });
  } catch (error) {
    await lock?.[Symbol.asyncDispose]();
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return err(problemOf(errno, `work on the home "${options.layout.home}"`, error));
  }
}

/** Looks at the devices for as long as the session lasts, and gives them out. */
function keepInventory(holder: Holder): InventoryKeeper {
  const { layout, clock, environment, say, random, lock, terms } = holder.options;
  const { nudge } = holder;
  const isOwn = (token: string): boolean =>
    holder.active.some((task) => openAttempt(task)?.token === token) || pool.isKnown(token);
  const rules = terms.deviceRules;
  const keeper = new InventoryKeeper({ layout, clock, rules, environment, isOwn, say, nudge });
  const shares = openShares(environment);
  const pool = new DevicePool({ keeper, shares, home: layout.home, owner: lock.owner, clock, random, nudge });
  pool.adopt(holder.active);
  holder.devices = pool;
  return keeper;
}

function settleIn(holder: Holder, lock: HeldLock): void {
  const { layout, clock, actor } = holder.options;
  const recovered = recover(layout, clock.now(), {
    announce: (moved, known) => holder.announce(moved, () => known),
    isPassing: lock.owner.role === "command",
  });
  failpoint("session:recovered");
  const before = lock.takenFrom;
  const taken: AuditNote =
    before === null
      ? { event: "lock_taken", actor, detail: `${lock.owner.role}, pid ${lock.owner.pid}` }
      : {
          event: "lock_taken_over",
          actor,
          detail: `${lock.owner.role}, pid ${lock.owner.pid}, from ${before.role}, pid ${before.pid}`,
        };
  takeRecovered(holder, recovered, [taken]);
  sweepLeft(holder);
}
