import { timestamp } from "../../lib/clock.ts";
import type { AuditEvent } from "../../model/audit.ts";
import { problem } from "../../model/errors.ts";
import {
  describeBounds,
  type Overrides,
  withBounds,
  withoutBounds,
  withPause,
} from "../../model/overrides.ts";
import type { Answer, Operation } from "../../model/request.ts";
import { tryFs } from "../../store/fs-errors.ts";
import { publishApplied, readOverrides, writeOverrides } from "../../store/overrides.ts";
import type { Supervisor } from "../supervisor.ts";

/*
 * Changes of limits, and the pause of the queue. Order of effects: overrides.json is replaced durably, the audit line is written, the
 * change applies from the next plan on, readers are told (applied.json), the log says so. Running jobs go on whatever the limits are.
 * A crash before the reply repeats the request, which sets the same again.
 */

/** Sets limits: lasting ones, or for as long as this process owns the lock. */
export function setLimits(
  supervisor: Supervisor,
  { bounds, isLasting }: Extract<Operation, { verb: "limit" }>,
  actor: string,
): Answer {
  const { config, lock } = supervisor.context;
  if (!isLasting && lock.owner.role === "command") {
    const message = "Cannot change limits until the restart of the supervisor: no supervisor is running";
    return {
      id: "limits",
      problem: problem(
        "NO_SUPERVISOR",
        message,
        "start one (stint up --detach), or leave --until-restart out",
      ),
    };
  }
  const after = withBounds(config.overrides, bounds, { owner: lock.owner.token, isLasting });
  const detail = `${describeBounds(bounds)}${isLasting ? "" : " until the restart"}`;
  return {
    id: "limits",
    ...override(supervisor, after, { event: "limits_changed", actor, detail, done: `changed: ${detail}` }),
  };
}

/** Drops all changes of limits. */
export function resetLimits(supervisor: Supervisor, actor: string): Answer {
  const after = withoutBounds(supervisor.context.config.overrides);
  return {
    id: "limits",
    ...override(supervisor, after, {
      event: "limits_changed",
      actor,
      detail: "reset",
      done: "reset: the flags of the supervisor and config.yaml apply again",
    }),
  };
}

/** Keeps the queue from starting anything. */
export function pauseQueue(supervisor: Supervisor, actor: string): Answer {
  const { overrides } = supervisor.context.config;
  if (overrides.paused !== undefined) return { id: "queue", done: "is paused already" };
  const at = timestamp(supervisor.context.clock.now());
  const after = withPause(overrides, { at, by: actor });
  return {
    id: "queue",
    ...override(supervisor, after, {
      event: "queue_paused",
      actor,
      detail: "nothing starts",
      done: "paused: nothing starts, running jobs go on",
    }),
  };
}

/** Lets the queue start tasks again. */
export function resumeQueue(supervisor: Supervisor, actor: string): Answer {
  const { overrides } = supervisor.context.config;
  if (overrides.paused === undefined) return { id: "queue", done: "is not paused" };
  const after = withPause(overrides, null);
  return {
    id: "queue",
    ...override(supervisor, after, {
      event: "queue_resumed",
      actor,
      detail: "tasks start again",
      done: "resumed: tasks start again",
    }),
  };
}

/** Makes a change durable, then applies it. */
function override(
  supervisor: Supervisor,
  after: Overrides,
  {
    event,
    actor,
    detail,
    done,
  }: { readonly event: AuditEvent; readonly actor: string; readonly detail: string; readonly done: string },
): Pick<Answer, "done" | "problem"> {
  const { layout, lock, log } = supervisor.context;
  const written = tryFs("change the limits of the queue", () => writeOverrides(layout, after));
  if (!written.ok) {
    // The rename may have been made and only its sync refused: what applies is what the next supervisor would read.
    const found = readOverrides(layout);
    if (found.ok) supervisor.reconfigure((config) => config.takeOverrides(found.value, lock.owner.token));
    return { problem: { ...written.error } };
  }
  supervisor.committer.audit([{ event, actor, detail }]);
  supervisor.reconfigure((config) => config.takeOverrides(after, lock.owner.token));
  // For recovery alone; a supervisor has published it for its readers too.
  if (lock.owner.role === "command")
    publishApplied(layout, supervisor.context.config.appliedBy(lock.owner.token));
  log(`${event.replace("_", " ")} by ${actor}: ${detail}`);
  return { done };
}
