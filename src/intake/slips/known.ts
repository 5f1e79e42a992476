import { isKnownKey } from "../key-names.ts";
import { SCHEDULE_KEYS } from "../keys/schedule.ts";

/** The keys of config.yaml that no task has. */
export const OF_CONFIG: ReadonlySet<string> = new Set(
  "jobs inboxes defaults scheduling concurrency notices work retention".split(" "),
);

/** True for a key of a task or of a schedule, in any of its spellings. */
export function isTopKey(name: string): boolean {
  return Object.hasOwn(SCHEDULE_KEYS, name) || isKnownKey(name);
}
