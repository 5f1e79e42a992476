import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PLACES } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { segmentOf } from "../../src/store/batch.ts";
import { segmentPaths } from "../../src/store/journal.ts";
import type { Layout } from "../../src/store/layout.ts";
import { readRecord } from "../../src/store/record.ts";
import { valueOf } from "./results.ts";
import type { TempHome } from "./temp-home.ts";

/** What the disk may have of records that were not synced: their names without their content, or all as it was before. */
export const LOSSES = {
  "the content of the records": (after: Layout) => {
    for (const path of recordPaths(after)) truncateSync(path, 0);
  },
  "all of the writes": (after: Layout, before: Layout) => {
    for (const place of [...PLACES, "tmp"] as const) {
      rmSync(join(after.home, place), { recursive: true });
      cpSync(join(before.home, place), join(after.home, place), { recursive: true });
    }
  },
  nothing: () => {},
} as const;

/** The records of a home. */
export function recordPaths(layout: Layout): string[] {
  return PLACES.flatMap((place) =>
    readdirSync(layout.place(place))
      .filter((name) => name.endsWith(".json"))
      .map((name) => join(layout.place(place), name)),
  ).toSorted();
}

/** Takes the power from a home: what was not synced may be lost, and the machine starts again. */
export function cutPower(home: TempHome, before: Layout, loss: keyof typeof LOSSES): Layout {
  const after = home.copy();
  LOSSES[loss](after, before);
  const segments = [
    ...segmentPaths(after),
    ...readdirSync(after.incoming).map((batch) => segmentOf(after, batch)),
  ].filter((path) => existsSync(path));
  for (const path of segments)
    writeFileSync(path, readFileSync(path, "utf8").replace(/^.*\n/, "another boot\n"));
  return after;
}

/** The tasks of a home, each from its record. */
export function tasksIn(layout: Layout): Task[] {
  return recordPaths(layout).map((path) => valueOf(readRecord(path)));
}
