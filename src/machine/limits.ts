import type { Limits } from "../model/limits.ts";
import type { Controller } from "./cgroup-texts.ts";
import type { LimitBackend } from "./limit-backend.ts";

/** The limits that only a control group can enforce: key, name in the task file, controller. */
const CONTROLLED: readonly (readonly [keyof Limits, string, Controller])[] = [
  ["memoryBytes", "limits.memory", "memory"],
  ["cpus", "limits.cpus", "cpu"],
  ["pids", "limits.pids", "pids"],
];

/** The names of the limits that these controllers cannot enforce. */
export function unenforceable(limits: Limits, controllers: readonly string[]): string[] {
  return CONTROLLED.filter(
    ([key, , controller]) => limits[key] !== undefined && !controllers.includes(controller),
  ).map(([, name]) => name);
}

/** True where a job needs a control group of its own. */
export function needsGroup(limits: Limits, controllers: readonly Controller[]): boolean {
  return CONTROLLED.some(
    ([key, , controller]) => limits[key] !== undefined && controllers.includes(controller),
  );
}

/** What can be enforced, and how, in a sentence. */
export function describeLimitBackend(backend: LimitBackend): string {
  const names = CONTROLLED.filter(([, , controller]) => backend.controllers.includes(controller));
  const list = names.map(([, name]) => name).join(", ");
  switch (backend.type) {
    case "v2":
      return `${list} are enforced through control groups below ${backend.base}`;
    case "systemd":
      return `${list} are enforced through scopes of systemd`;
    case "v1":
      return `${list} are enforced through control groups of version 1`;
    case "none":
      return `limits.memory, limits.cpus and limits.pids cannot be enforced: ${backend.why}`;
  }
}

/** How to make this machine enforce all limits; null where it does. */
export function adviceFor({ controllers }: LimitBackend): string | null {
  if (unenforceable({ memoryBytes: 1, cpus: 1, pids: 1 }, controllers).length === 0) return null;
  return (
    "with systemd: loginctl enable-linger gives you a manager of your own that outlives the login, and " +
    "Delegate=cpu memory pids in a drop-in of user@.service gives it the controllers; or start the supervisor " +
    "alone in a group of its own: systemd-run --user --scope -p Delegate=yes stint up"
  );
}
