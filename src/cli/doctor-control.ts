import { controlOf, overridesSeen } from "../desk/control.ts";
import type { Result } from "../lib/result.ts";
import type { Problem } from "../model/errors.ts";
import { describeBounds, isEmpty } from "../model/overrides.ts";
import type { Layout } from "../store/layout.ts";
import { lockOwner } from "../store/lock-owner.ts";
import { readOverrides } from "../store/overrides.ts";
import { type Check, fails, passes, warns } from "./check.ts";
import { pausedLines } from "./text/control.ts";

/** Checks what was changed at run time: a pause of the queue, limits, and the file that holds them. */
export function checkControl(layout: Layout, nowMs: number): Check[] {
  const owner = lockOwner(layout);
  const { paused, changed, fault } = controlOf(overridesSeen(layout, owner), owner);
  const checks: Check[] = [];
  const file = readOverrides(layout);
  if (!file.ok) {
    const says = fault ?? `${file.error.message}; the supervisor goes on with what it applies`;
    checks.push(fails(says, "any change writes it again, such as: stint jobs 4"));
  }
  if (paused !== null) checks.push(warns(...pausedLines(paused, nowMs)));
  if (!isEmpty(changed)) checks.push(passes(`changed by stint jobs: ${describeBounds(changed)}`));
  return checks;
}

/** Reports a config.yaml with faults, and whether an earlier one is used. */
export function checkSettings(settings: Result<unknown, Problem>, layout: Layout): Check[] {
  if (settings.ok) return [];
  const { message, faults } = settings.error;
  const { applied } = overridesSeen(layout, lockOwner(layout));
  const use = applied === null ? "" : "; the supervisor goes on with the settings before";
  return [fails(`${message}${use}`, faults)];
}
