import { LiveConfig, type Terms } from "../daemon/config/live-config.ts";
import type { SupervisorContext } from "../daemon/context.ts";
import { openSession, type Session } from "../daemon/session.ts";
import { asLines } from "../lib/printable.ts";
import { systemRandom } from "../lib/random.ts";
import type { Result } from "../lib/result.ts";
import { detectLimitBackend, type LimitBackend, thisMachine } from "../machine/limit-backend.ts";
import type { Problem } from "../model/errors.ts";
import type { Role } from "../model/owner.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { overridesOrSubstitute } from "../store/overrides.ts";
import type { Caller } from "./caller.ts";
import { inheritable } from "./inheritable.ts";
import { droppedVariables, mangledVariables } from "./not-utf8.ts";
import { tellOfSilence } from "./silence.ts";

/** A command holds the lock only while it works; the wait for it ends after this time. */
const MAX_LOCK_WAIT_MS = 60_000;
const LOCK_POLL_MS = 20;
/** A lock without an owner is being released; after this time its owner counts as unreadable, and waiting does not help. */
const RELEASED_WAIT_MS = 500;

export interface SessionOptions {
  readonly role: Role;
  readonly terms: Terms;
  readonly mayClaim?: SupervisorContext["mayClaim"];
  readonly say?: (line: string) => void;
  readonly onProgress?: (count: number, all: number) => void;
}

/** Takes the lock of the home and opens a session; waits while a command holds the lock. */
export async function holdHome(
  caller: Caller,
  layout: Layout,
  options: SessionOptions,
): Promise<Result<Session, Problem>> {
  const sinceMs = caller.clock.awakeMs();
  let ownerlessSinceMs: number | null = null;
  let probed: LimitBackend | null = null;
  const mangled = mangledVariables(caller.env).flatMap(({ name }) =>
    Object.hasOwn(caller.env, name) ? [name] : [],
  );
  const legible = Object.entries(caller.env).filter(([name]) => !mangled.includes(name));
  const missing = options.role === "up" ? [...mangled, ...droppedVariables()] : [];
  if (missing.length > 0)
    caller.err(`stint: jobs from the inbox will not get ${missing.join(", ")}: not UTF-8 text\n`);
  const limitBackend = (): LimitBackend => (probed ??= detectLimitBackend(thisMachine(caller.env)));
  for (;;) {
    // To open the session repairs it.
    const changes = overridesOrSubstitute(layout);
    const session = await openSession(
      {
        layout,
        clock: caller.clock,
        random: systemRandom,
        config: new LiveConfig(options.terms),
        limitBackend,
        actor: caller.user(),
        self: caller.self,
        environment: inheritable(Object.fromEntries(legible)),
        mayClaim: options.mayClaim ?? null,
        log: options.say ?? (() => {}),
        ...(options.onProgress !== undefined && { onProgress: options.onProgress }),
      },
      options.role,
    );
    // An `up` has it in its log.
    if (session.ok && !changes.ok && options.role !== "up")
      caller.err(asLines([`stint: ${changes.error.says}`]));
    if (session.ok) return session;
    // A command holds the lock for a moment, or for the grace period of a job that it cancels; or the lock is being released.
    const owner = session.error.code === "HOME_LOCKED" ? lockOwner(layout) : undefined;
    const nowMs = caller.clock.awakeMs();
    // Counts from the first check without an owner: several commands may have held the lock before.
    ownerlessSinceMs = owner === null ? (ownerlessSinceMs ?? nowMs) : null;
    const isWaitedFor =
      ownerlessSinceMs === null
        ? owner?.role === "command" && nowMs - sinceMs < MAX_LOCK_WAIT_MS
        : nowMs - ownerlessSinceMs < RELEASED_WAIT_MS;
    if (!isWaitedFor) return session;
    tellOfSilence(caller, layout);
    await Bun.sleep(LOCK_POLL_MS);
  }
}
