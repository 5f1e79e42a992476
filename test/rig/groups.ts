import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CONTROLLERS } from "../../src/machine/cgroup-texts.ts";
import { probeMeans, thisMachine } from "../../src/machine/means.ts";
import type { RecordView } from "./stint.ts";

const means = probeMeans(thisMachine(process.env as Record<string, string>));

/** True where control groups of version 1 can be made, for all that a task may ask. */
export const HAS_GROUPS =
  means.type === "v1" && CONTROLLERS.every((name) => means.controllers.includes(name));

/** A shell line that takes more than 64 MiB where it may: tail holds a line until it ends, and this one never does. */
export const HOG = "head -c 200M /dev/zero | tail -n 1 >/dev/null";

/** The control groups that there are of the attempts of a task. */
export function groupsOf({ status }: RecordView): string[] {
  const bases = means.type === "v1" ? Object.values(means.bases) : [];
  const tokens = status.attempts.map(({ token }) => token);
  return [...new Set(bases)].flatMap((base) =>
    readdirSync(base)
      .filter((name) => name.startsWith("stint-") && tokens.some((token) => name.endsWith(token)))
      .map((name) => join(base, name)),
  );
}
