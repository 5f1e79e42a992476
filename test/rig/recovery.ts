import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { makeTaskId } from "../../src/model/identity.ts";
import { PLACES } from "../../src/model/state.ts";
import { parseRecord } from "../../src/store/record.ts";
import { type Recovered, recover } from "../../src/store/recover.ts";
import type { TempHome } from "./temp-home.ts";

/** The task that the tests of a start-up are about, and its file. */
export const ID = makeTaskId(1, "train");
export const NAME = "000001-train.json";

/** The records of a home by place, those put aside included: `pending/000001-train.json queued`. */
export function recordsOf(home: TempHome): string[] {
  return [...PLACES, "tmp"].flatMap((place) =>
    home.files(place).map((name) => {
      const read = parseRecord(readFileSync(join(home.layout.home, place, name), "utf8"));
      return `${place}/${name} ${read.ok ? read.value.status.state : read.error.type}`;
    }),
  );
}

/** What a start-up tells, in short. */
export const told = ({ tasks, ended, findings }: Recovered) => ({
  tasks: tasks.map(({ metadata, status }) => `${metadata.number} ${status.state}`),
  ended: ended.map(({ metadata, status }) => `${metadata.number} ${status.state}`),
  findings: findings.map(({ path, what }) => `${basename(path)}: ${what}`),
});

/** Recovers, and demands that doing it once more finds nothing to do. */
export function recovered(home: TempHome, nowMs = Date.now()): ReturnType<typeof told> {
  const first = told(recover(home.layout, nowMs));
  const records = recordsOf(home);
  const again = told(recover(home.layout, nowMs));
  expect(again.tasks.toSorted()).toEqual(first.tasks.toSorted());
  expect(again.findings.filter((finding) => !finding.includes("left alone"))).toEqual([]);
  expect(again.ended).toEqual([]);
  expect(recordsOf(home)).toEqual(records);
  return first;
}
