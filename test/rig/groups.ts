import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { groupPrefix } from "../../src/daemon/jobs/job-group.ts";
import { CONTROLLERS } from "../../src/machine/cgroup-texts.ts";
import { detectLimitBackend, thisMachine } from "../../src/machine/limit-backend.ts";
import { Layout } from "../../src/store/layout.ts";
import type { RecordView } from "./stint.ts";
import { environmentOf } from "./surroundings.ts";

const backend = detectLimitBackend(thisMachine(environmentOf("/nowhere")));

/** True where control groups of version 1 can be made, for all that a task may ask. */
export const HAS_GROUPS =
  backend.type === "v1" && CONTROLLERS.every((name) => backend.controllers.includes(name));

/** A shell line that takes more than 64 MiB where it may: tail holds a line until it ends, and this one never does. */
export const HOG = "head -c 200M /dev/zero | tail -n 1 >/dev/null";

/** The control groups that there are of the attempts of a task. */
export function groupsOf({ status }: RecordView): string[] {
  const tokens = status.attempts.map(({ token }) => token);
  return groupsWhere((name) => name.startsWith("stint-") && tokens.some((token) => name.endsWith(token)));
}

/** Removes what a supervisor that was killed left of control groups: no other will come to this home. */
export function removeGroups(home: string): void {
  const prefix = groupPrefix(new Layout(home));
  for (const group of groupsWhere((name) => name.startsWith(prefix))) {
    try {
      rmdirSync(group);
    } catch {
      // A process of it is still ending.
    }
  }
}

function groupsWhere(isMeant: (name: string) => boolean): string[] {
  const bases = backend.type === "v1" ? Object.values(backend.bases) : [];
  return [...new Set(bases)].flatMap((base) => {
    const names = existsSync(base) ? readdirSync(base) : [];
    return names.filter(isMeant).map((name) => join(base, name));
  });
}
