import type { Clock } from "../lib/clock.ts";
import { tryFs } from "../store/fs-errors.ts";
import type { Supervisor } from "./supervisor.ts";

/** One of the supervisor's kinds of work. The loop calls each of them once a turn. */
export interface Chore {
  /** Completes "Cannot ..." where the disk refuses it. */
  readonly action: string;
  /** Does what is due, at most a slice of it; returns when to be called again in ms, or null for the next wake-up. */
  readonly tick: () => number | null;
  /** True where it brings new tasks or requests in: a drain does not end while it returns a time. */
  readonly isIntake?: true;
}

/** A chore that runs in the first turn after each `periodMs`; it does not wake the loop. */
export function every(
  periodMs: number,
  clock: Clock,
  { action, work }: { readonly action: string; readonly work: () => void },
): Chore {
  let dueMs = clock.awakeMs() + periodMs;
  const tick = (): null => {
    if (clock.awakeMs() < dueMs) return null;
    dueMs = clock.awakeMs() + periodMs;
    work();
    return null;
  };
  return { action, tick };
}

/** Ticks each chore; returns when each is to be called again in ms. A disk that refuses one makes the home degraded. */
export function runChores(supervisor: Supervisor, chores: readonly Chore[]): (number | null)[] {
  return chores.map(({ action, tick }) => {
    const done = tryFs(action, tick);
    if (done.ok) return done.value;
    supervisor.committer.enterDegraded(done.error);
    return null;
  });
}

/** Delivers the notices that are due. */
export function notificationChore({ committer }: Supervisor): Chore {
  const tick = (): number | null =>
    committer.notifications?.dispatch((entries) => committer.audit(entries)) ?? null;
  return { action: "deliver the notices", tick };
}
