import type { SupervisorContext } from "../daemon/context.ts";
import { openSession, type Session } from "../daemon/session.ts";
import { systemRandom } from "../lib/random.ts";
import type { Result } from "../lib/result.ts";
import { detectLimitBackend, type LimitBackend, thisMachine } from "../machine/limit-backend.ts";
import type { Problem } from "../model/errors.ts";
import type { NoticeRules } from "../model/notice.ts";
import type { Role } from "../model/owner.ts";
import type { SchedulingConfig } from "../plan/input.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import type { Caller } from "./caller.ts";
import { inheritable } from "./inheritable.ts";
import { droppedVariables, mangledVariables } from "./not-utf8.ts";
import { tellOfSilence } from "./silence.ts";

/** A command holds the lock for the length of its work only; it is waited for this long. */
const MAX_LOCK_WAIT_MS = 60_000;
const LOCK_LOOK_MS = 20;
/** A lock without an owner was released just now; else its owner cannot be read, and waiting does not help. */
const RELEASED_WAIT_MS = 500;

export interface SessionOptions {
  readonly role: Role;
  readonly scheduling: SchedulingConfig;
  readonly notices: NoticeRules;
  readonly mayClaim?: SupervisorContext["mayClaim"];
  readonly say?: (line: string) => void;
  readonly onProgress?: (count: number, all: number) => void;
}

/** Takes the home's lock for this process; waits while a mere command has it. */
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
    caller.err(`stint: jobs of the inbox will not have ${missing.join(", ")}: no UTF-8 text\n`);
  const limitBackend = (): LimitBackend => (probed ??= detectLimitBackend(thisMachine(caller.env)));
  for (;;) {
    const session = await openSession(
      {
        layout,
        clock: caller.clock,
        random: systemRandom,
        scheduling: options.scheduling,
        limitBackend,
        actor: caller.user(),
        self: caller.self,
        environment: inheritable(Object.fromEntries(legible)),
        notices: options.notices,
        mayClaim: options.mayClaim ?? null,
        log: options.say ?? (() => {}),
        ...(options.onProgress !== undefined && { onProgress: options.onProgress }),
      },
      options.role,
    );
    if (session.ok) return session;
    // A command holds it for a moment, or for the grace of what it cancels; or it was released just now.
    const owner = session.error.code === "HOME_LOCKED" ? lockOwner(layout) : undefined;
    const nowMs = caller.clock.awakeMs();
    // From when it was seen without an owner: commands may have held it one after the other before.
    ownerlessSinceMs = owner === null ? (ownerlessSinceMs ?? nowMs) : null;
    const isWaitedFor =
      ownerlessSinceMs === null
        ? owner?.role === "command" && nowMs - sinceMs < MAX_LOCK_WAIT_MS
        : nowMs - ownerlessSinceMs < RELEASED_WAIT_MS;
    if (!isWaitedFor) return session;
    tellOfSilence(caller, layout);
    await Bun.sleep(LOCK_LOOK_MS);
  }
}
